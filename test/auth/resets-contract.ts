import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createUser } from "../../src/auth/account/create-user.ts";
import {
  checkPasswordReset,
  confirmPasswordReset,
  requestPasswordReset,
} from "../../src/auth/account/forgotten-password.ts";
import { login } from "../../src/auth/account/login.ts";
import { changePassword } from "../../src/auth/account/password-change.ts";
import { checkPassword } from "../../src/auth/account/set-password.ts";
import { AuthApp, allModels } from "../../src/auth/identity/auth.fixture.ts";
import type { UserRow } from "../../src/auth/users/user-model.ts";
import { withMail } from "../../src/mail/current-mail.ts";
import type { MailMessage } from "../../src/mail/message.ts";
import { objects } from "../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../support/database-servers.ts";

const OLD = "correct horse";
const NEW = "battery staple";

/** What resetting and changing passwords does with a database; it is the same on all of them. */
export function resets(open: OpenDatabase): void {
  let opened: TestDatabase;
  let app: AuthApp;
  /** The same app in another process. */
  let other: AuthApp;
  let ada: UserRow;
  const mails: MailMessage[] = [];
  const asking = <T>(where: AuthApp, work: () => Promise<T>): Promise<T> =>
    withMail({ send: (message) => void mails.push(message) }, () => where.browser().request(work));

  beforeEach(async () => {
    mails.length = 0;
    opened = await open({ models: allModels });
    const settings = { publicUrl: "https://notes.example.com" };
    app = new AuthApp(opened.database, settings);
    other = new AuthApp(await opened.second(), settings);
    ada = await app.run(() => createUser({ username: "ada", email: "Ada@example.org", password: OLD }));
  });
  afterEach(() => opened.close());

  async function link(email = "ada@example.org") {
    await asking(app, () => requestPasswordReset(email));
    const [, uid = "", key = ""] = /confirm\/([^/]+)\/(\S+)/.exec(mails.at(-1)?.text ?? "") ?? [];
    return { uid, key };
  }
  const knows = (password: string) => app.run(() => checkPassword(ada, password));

  describe("resetting and changing passwords", () => {
    test("SEC-15: of twenty uses of one link at once, in two processes, exactly one sets the password", async () => {
      const parts = await link();
      const uses = Array.from({ length: 20 }, (_, index) =>
        asking(index % 2 ? app : other, () => confirmPasswordReset({ ...parts, password: `${NEW} ${index}` })),
      );
      const ended = await Promise.allSettled(uses);
      for (const each of ended) {
        if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "RESET_LINK_INVALID" });
      }
      expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await knows(`${NEW} ${ended.findIndex(({ status }) => status === "fulfilled")}`)).toBe(true);
    });

    test("RST-12: of ten changes at once by one who knows the old password, exactly one is made", async () => {
      const browser = await app.signedIn("ada", OLD);
      const changes = Array.from({ length: 10 }, (_, index) =>
        browser.copy().request(() => changePassword({ oldPassword: OLD, newPassword: `${NEW} ${index}` })),
      );
      const ended = await Promise.allSettled(changes);
      for (const each of ended) {
        if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "PASSWORD_OLD_WRONG" });
      }
      expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await knows(`${NEW} ${ended.findIndex(({ status }) => status === "fulfilled")}`)).toBe(true);
    });

    test("RST-3: a sign-in ends a link, as this database keeps the moment of it", async () => {
      await app.browser().request(() => login(ada));
      const parts = await link();
      const check = () => asking(other, () => checkPasswordReset(parts.uid, parts.key));
      expect(await check()).toBe(true);
      const later = new Date(Date.now() + 2_000);
      await app.run(() => objects(app.auth.user).filter({ id: ada.id }).update({ lastLogin: later }));
      expect(await check()).toBe(false);
    });

    test("RST-8: an address is found in any case, and no other that only looks like it", async () => {
      for (const typed of ["ADA@EXAMPLE.ORG", "ádá@example.org", "ada@example.org\u200b", "ada@exampl%.org"])
        await link(typed);
      expect(mails.map(({ to }) => to)).toEqual([{ address: "Ada@example.org" }]);
    });

    test("RST-13: what can be no key of a user never reaches the database as one", async () => {
      const { key } = await link();
      for (const id of ["2147483648", "9".repeat(60), "1.5", "1e1", "-1", " 1", "a\0b", "\u0661"]) {
        const uid = Buffer.from(id).toString("base64url");
        expect(await asking(app, () => checkPasswordReset(uid, key)), id).toBe(false);
      }
    });
  });
}
