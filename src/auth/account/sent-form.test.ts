import { afterEach, beforeEach, expect, test } from "vitest";
import { AuthApp, memoryDatabase } from "../identity/auth.fixture.ts";
import { authenticate, signIn } from "./authenticate.ts";
import { createUser } from "./create-user.ts";
import { confirmPasswordReset } from "./forgotten-password.ts";
import { changePassword } from "./password-change.ts";
import { signUp } from "./sign-up.ts";

let app: AuthApp;
beforeEach(async () => {
  app = new AuthApp(await memoryDatabase());
  await app.run(() => createUser({ username: "ada", password: "correct horse" }));
});
afterEach(() => app.close());

/** What a view passes on when its request had no body, or another one than its form sends. */
test.each([[undefined], [null], ["ada"], [7], [true], [[]]])("SEC-21: the form %j is an empty form", async (sent) => {
  const form = sent as never;
  const refused = (code: string) => expect.objectContaining({ code, expose: true });
  const visitor = app.browser();
  await expect(visitor.request(() => signUp(form))).rejects.toEqual(refused("AUTH_SIGNUP_INVALID"));
  await expect(visitor.request(() => signIn(form))).rejects.toEqual(refused("AUTH_CREDENTIALS_INVALID"));
  await expect(visitor.request(() => confirmPasswordReset(form))).rejects.toEqual(refused("RESET_LINK_INVALID"));
  expect(await app.run(() => authenticate(form))).toBeUndefined();
  await visitor.request(() => signIn({ username: "ada", password: "correct horse" }));
  await expect(visitor.request(() => changePassword(form))).rejects.toEqual(refused("PASSWORD_OLD_WRONG"));
});
