import { p } from "@mikro-orm/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { objects } from "../../models/query/query-set.ts";
import { minLength } from "../../models/schema/validators.ts";
import type { AuthSettings, TryCounter } from "../auth-settings.ts";
import { builtInModels } from "../built-in-models.ts";
import { AuthApp, appModels, memoryDatabase } from "../identity/auth.fixture.ts";
import { modelBackend } from "../identity/model-backend.ts";
import { type Hasher, PasswordHashing } from "../passwords/password-hash.ts";
import { minimumLength, notNumeric } from "../passwords/password-rules.ts";
import { User, userModel } from "../users/user-model.ts";
import { authenticate, signIn } from "./authenticate.ts";
import { createSuperuser, createUser } from "./create-user.ts";
import { type SignUpData, signUp } from "./sign-up.ts";

const PASSWORD = "correct horse";

let app: AuthApp;
beforeEach(async () => {
  app = new AuthApp(await memoryDatabase());
});
afterEach(() => app.close());

const using = (settings: AuthSettings) => {
  app = new AuthApp(app.database, settings);
};
const up = (data: unknown) => app.browser().request(() => signUp(data as SignUpData));
const names = () => app.run(() => objects(User).pluck("username"));
/** The input and the sentence that a form would show. */
const problem = async (data: unknown) => {
  const error = await up(data).then(
    () => undefined,
    (failure: { status: number; message: string; details?: { field: string } }) => failure,
  );
  return error && [error.details?.field, error.message, error.status];
};

describe("createUser", () => {
  test("AUT-19: brings the domain of the address into one form, and makes no password of nothing", async () => {
    const row = await app.run(() => createUser({ username: "ada", email: "Ada@EXAMPLE.Org" }));
    expect(row).toMatchObject({
      username: "ada",
      email: "Ada@example.org",
      isActive: true,
      isStaff: false,
      isSuperuser: false,
      lastLogin: null,
    });
    expect(row).not.toHaveProperty("password");
    const stored = (await app.run(() => objects(User).rows(["password"])))[0]?.password;
    expect(stored).toMatch(/^!\w{40}$/);
    expect(await app.run(() => authenticate({ username: "ada", password: stored }))).toBeUndefined();
  });

  test("AUT-19: a username is a text that is not empty and not too long", async () => {
    for (const username of [
      "",
      "   ",
      "x".repeat(151),
      "ﷺ".repeat(100),
      "a\0b",
      "\ud800",
      undefined,
      null,
      5,
      { $gt: 0 },
      ["ada"],
    ]) {
      const failing = app.run(() => createUser({ username: username as string, password: PASSWORD }));
      await expect(failing, String(username).slice(0, 20)).rejects.toMatchObject({ code: "AUTH_USERNAME_INVALID" });
    }
    expect(await names()).toEqual([]);
  });

  test("AUT-19: a superuser is one of the staff, whatever is said", async () => {
    for (const flags of [{ isStaff: false }, { isSuperuser: false }]) {
      const failing = app.run(() => createSuperuser({ username: "root", ...flags }));
      await expect(failing).rejects.toMatchObject({ code: "AUTH_SUPERUSER_FLAGS" });
    }
    expect(await app.run(() => createSuperuser({ username: "root" }))).toMatchObject({
      isStaff: true,
      isSuperuser: true,
    });
  });

  test("AUT-16: names that differ in case or in form alone are one name", async () => {
    await app.run(() => createUser({ username: "Ada" }));
    for (const username of ["Ada", "ada", "ADA", " Ada ", "Ａda"]) {
      const failing = app.run(() => createUser({ username }));
      await expect(failing).rejects.toMatchObject({ code: "AUTH_USERNAME_TAKEN", status: 409 });
    }
    expect(await names()).toEqual(["Ada"]);
  });

  test("AUT-16: of two at once, one gets the name", async () => {
    const all = ["eve", "Eve", "EVE", "eve"].map((username) => app.run(() => createUser({ username })));
    const done = await Promise.allSettled(all);
    expect(done.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of done)
      if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "AUTH_USERNAME_TAKEN" });
  });
});

describe("signUp", () => {
  test("row 106: creates an active user, signs him in, and takes spaces off the name but not off the password", async () => {
    using({ backends: [modelBackend(), { name: "another" }] });
    const browser = app.browser();
    await browser.request(({ session }) => session.set("cart", [1]));
    const user = await browser.request(() =>
      signUp({
        username: " ada ",
        email: "ada@EXAMPLE.org",
        password: " correct horse ",
        confirmPassword: " correct horse ",
      }),
    );
    expect(user).toMatchObject({ username: "ada", email: "ada@example.org", isActive: true, isAuthenticated: true });
    expect(await browser.request(({ user: who, session }) => [who.username, session.get("cart")])).toEqual([
      "ada",
      [1],
    ]);
    expect(await app.run(() => authenticate({ username: "ada", password: " correct horse " }))).toBeDefined();
  });

  test("row 106: tells one thing at a time, in this order", async () => {
    using({
      emailRequired: true,
      usernameMinLength: 3,
      passwordMinLength: 10,
      passwordValidators: [minimumLength(12), notNumeric()],
    });
    await app.run(() => createUser({ username: "Taken", email: "taken@example.org" }));
    const data: SignUpData = { username: "ab", password: "12345", confirmPassword: "1234" };
    expect(await problem(data)).toEqual(["username", "Username is required.", 400]);
    Object.assign(data, { username: "taken" });
    expect(await problem(data)).toEqual(["email", "Email is required.", 400]);
    Object.assign(data, { email: "TAKEN@example.org" });
    expect(await problem(data)).toEqual(["confirmPassword", "Passwords do not match.", 400]);
    Object.assign(data, { confirmPassword: "12345" });
    expect(await problem(data)).toEqual(["password", "Password is too short.", 400]);
    Object.assign(data, { password: "1234567890", confirmPassword: "1234567890" });
    expect(await problem(data)).toEqual(["username", "That username is already taken.", 409]);
    Object.assign(data, { username: "ada" });
    expect(await problem(data)).toEqual(["email", "That email is already registered.", 409]);
    Object.assign(data, { email: "ada@example.org" });
    expect(await problem(data)).toEqual(["password", expect.stringMatching(/12 characters\. .*numeric\.$/), 400]);
    Object.assign(data, { password: "a long password", confirmPassword: "a long password" });
    expect(await problem(data)).toBeUndefined();
    expect(await names()).toEqual(["Taken", "ada"]);
  });

  test("W18: what the model refuses is told, not thrown by the database", async () => {
    for (const [data, field] of [
      [{ username: "a b" }, "username"],
      [{ username: "<script>" }, "username"],
      [{ username: "x".repeat(151) }, "username"],
      [{ username: "x".repeat(200_000) }, "username"],
      [{ username: "a\0b" }, "username"],
      [{ username: "ada", email: "no address" }, "email"],
      [{ username: "ada", email: `${"x".repeat(250)}@example.org` }, "email"],
      [{ username: "ada", email: "a\r\nBcc: x@example.org" }, "email"],
    ] as const) {
      expect(await problem({ password: PASSWORD, ...data }), JSON.stringify(data).slice(0, 60)).toEqual([
        field,
        expect.any(String),
        400,
      ]);
    }
    const long = await problem({ username: "ada", password: "x".repeat(10_000) });
    expect(long).toEqual(["password", expect.any(String), 400]);
    expect(await names()).toEqual([]);
  });

  test("W18: of two at once one gets the name, and one the address; the others read what they would have read later", async () => {
    const all = await Promise.all([
      ...["eve", "Eve", "EVE"].map((username) => problem({ username, password: PASSWORD })),
      ...["a", "b", "c"].map((username) => problem({ username, email: "same@example.org", password: PASSWORD })),
    ]);
    expect(all.filter((one) => one === undefined)).toHaveLength(2);
    expect(all.slice(0, 3).filter((one) => one?.[1] === "That username is already taken.")).toHaveLength(2);
    expect(all.slice(3).filter((one) => one?.[1] === "That email is already registered.")).toHaveLength(2);
  });

  test("row 57, W4: is refused where it is switched off, before anything is looked at", async () => {
    using({ signupEnabled: false });
    await expect(up({ username: "ada", password: PASSWORD })).rejects.toMatchObject({
      code: "AUTH_SIGNUP_DISABLED",
      status: 403,
    });
    await expect(app.run(() => signUp({}))).rejects.toMatchObject({ code: "AUTH_SIGNUP_DISABLED" });
    using({});
    await expect(app.run(() => signUp({ username: "ada", password: PASSWORD }))).rejects.toMatchObject({
      code: "AUTH_NO_REQUEST",
    });
    expect(await names()).toEqual([]);
  });

  test("SEC-10: takes nothing that was not asked for", async () => {
    const more = {
      id: 99,
      isSuperuser: true,
      isStaff: true,
      isActive: false,
      groups: [1],
      userPermissions: [1],
      dateJoined: "2000-01-01T00:00:00Z",
      lastLogin: "2000-01-01T00:00:00Z",
      firstName: "Eve",
      "groups.permissions": [1],
      constructor: 1,
    };
    const data = JSON.parse(`{"__proto__":{"isSuperuser":true},"username":"eve","password":"${PASSWORD}"}`);
    await up({ ...more, ...data });
    const [row] = await app.run(() => objects(User).rows());
    expect(row).toMatchObject({
      username: "eve",
      isSuperuser: false,
      isStaff: false,
      isActive: true,
      firstName: "",
      lastLogin: expect.any(String),
    });
    expect(row?.id).not.toBe(99);
    expect(row?.dateJoined.slice(0, 4)).not.toBe("2000");
  });

  test("SEC-10: fields of the app's own are taken if the settings name them, and checked; others can't be named", async () => {
    class Member extends userModel(
      "Member",
      { phone: p.string().length(20), level: p.integer().default(0) },
      {
        fields: { phone: { validators: [minLength(5)] } },
      },
    ) {}
    const models = [...appModels, Member];
    await using own = new AuthApp(await memoryDatabase([...models, ...builtInModels(models)]), {
      signupFields: ["phone"],
    });
    app = own;
    const data = { username: "ada", password: PASSWORD, level: 9 };
    expect(await problem(data)).toEqual(["phone", "This field is required.", 400]);
    expect(await problem({ ...data, phone: "123" })).toEqual(["phone", expect.any(String), 400]);
    expect(await problem({ ...data, phone: { $gt: 0 } })).toEqual(["phone", expect.any(String), 400]);
    expect(await problem({ ...data, phone: "12345" })).toBeUndefined();
    expect(await own.run(() => objects(Member).rows(["username", "phone", "level"]))).toEqual([
      { username: "ada", phone: "12345", level: 0 },
    ]);
    for (const field of ["isSuperuser", "isStaff", "password", "groups", "id", "username"]) {
      expect(() => new AuthApp(own.database, { signupFields: [field] })).toThrow(`"${field}"`);
    }
  });

  test("SEC-12: what is no text counts as nothing, and nothing breaks", async () => {
    for (const value of [{ $gt: 0 }, ["ada"], 5, true, null, { toString: () => "ada" }]) {
      expect(await problem({ username: value, password: PASSWORD })).toEqual([
        "username",
        "Username is required.",
        400,
      ]);
      expect(await problem({ username: "ada", password: value })).toEqual(["password", "Password is too short.", 400]);
    }
  });

  test("THR-6: every try is counted", async () => {
    const log: unknown[] = [];
    const throttle: TryCounter = {
      begin: async (...given) => void log.push(given),
      succeed: async () => {},
      refund: async () => {},
    };
    using({ throttle });
    await problem({});
    await problem({ username: "ada", email: "ada@example.org" });
    await problem({ username: " ", email: "ada@example.org" });
    await problem({ username: { $ne: "" }, email: ["x"] });
    const ip = "192.0.2.1";
    expect(log).toEqual([
      ["signup", { ip }],
      ["signup", { ip, identifier: "ada" }],
      ["signup", { ip, identifier: "ada@example.org" }],
      ["signup", { ip }],
    ]);
  });
});

describe("names and addresses are one namespace", () => {
  const named = { username: "ada@example.org", password: PASSWORD };

  test("a name that is an address must be the user's own address", async () => {
    const sentence = "A username that is an email address must be your own email address.";
    for (const email of ["", "eve@example.org"]) {
      expect(await problem({ ...named, email })).toEqual(["username", sentence, 400]);
    }
    await up({ ...named, email: "Ada@Example.org" });
    expect(await names()).toEqual(["ada@example.org"]);
  });

  test("no text is one user's name and another user's address", async () => {
    await up({ username: "ada", email: "ada@example.org", password: PASSWORD });
    const taken = { code: "AUTH_USERNAME_TAKEN" };
    for (const username of ["ada@example.org", "ADA@EXAMPLE.ORG"]) {
      await expect(app.run(() => createUser({ username }))).rejects.toMatchObject(taken);
    }
    await app.run(() => createUser({ username: "bob@example.org" }));
    expect(await problem({ username: "mallory", email: "Bob@example.org", password: PASSWORD })).toEqual([
      "email",
      "That email is already registered.",
      409,
    ]);
  });

  test("of two who come at once with one text as name and as address, one gets it", async () => {
    const both = await Promise.allSettled([
      up({ ...named, email: "ada@example.org" }),
      up({ username: "other", email: "ada@example.org", password: PASSWORD }),
    ]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

test("a try that was refused because the server is busy is not counted", async () => {
  const log: string[] = [];
  const note = (name: string) => async () => void log.push(name);
  using({
    throttle: { begin: note("begin"), succeed: note("succeed"), refund: note("refund") },
    hashing: new PasswordHashing({ hashers: [busyHasher], concurrency: 1, waiting: 0 }),
  });
  const first = up({ username: "ada", password: PASSWORD });
  await started.promise;
  await expect(up({ username: "bob", password: PASSWORD })).rejects.toMatchObject({ code: "AUTH_BUSY" });
  await expect(app.browser().request(() => signIn({ username: "bob", password: PASSWORD }))).rejects.toMatchObject({
    code: "AUTH_BUSY",
  });
  release.resolve();
  await first;
  expect(log.filter((name) => name === "begin")).toHaveLength(3);
  expect(log.filter((name) => name === "refund")).toHaveLength(2);
});

const started = Promise.withResolvers<void>();
const release = Promise.withResolvers<void>();
const busyHasher: Hasher = {
  algorithm: "argon2id",
  reads: () => true,
  needsUpgrade: () => false,
  verify: async () => false,
  async hash() {
    started.resolve();
    await release.promise;
    return "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA";
  },
};
