import { currentUser } from "antiphon";
import { login, User, UserState } from "antiphon/auth";
import { objects } from "antiphon/models";
import type { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, gate, journal } from "../fixtures/identity-app/src/journal.ts";
import { FollowerState } from "../fixtures/identity-app/src/late-answers.state.ts";
import { DraftState, MadeState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";
import { helloOf, RawPage } from "../support/raw-page.ts";
import { noted } from "../support/tab-calls.ts";

const CLERK = "late-answers.ClerkState";
const SLOW = "late-answers.SlowVaultState";
const RESTLESS = "late-answers.RestlessState";
const STEADY = "late-answers.SteadyState";
const DRAFTS = "leftovers.DraftState";
const VAULT = "leftovers.VaultState";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

let users = 0;

/** Creates a user of the staff of this test alone. */
async function staffMember(): Promise<string> {
  const username = `kim${++users}`;
  await desk.app.createUser({ username, password: PASSWORD, isStaff: true });
  return username;
}

function open(browser: TestBrowser, hello: Parameters<typeof helloOf>[0]): RawPage {
  const headers = { origin: desk.app.url, "user-agent": "antiphon-testing", cookie: browser.header() ?? "" };
  return new RawPage(desk.app.url, helloOf(hello), headers);
}

/** Asserts that a page was sent nothing of the vaults since a message, and gets none of their later changes. */
async function assertNothingSent(page: RawPage, since = 0): Promise<void> {
  await page.call(CLERK, "look");
  await page.call(CLERK, "fill");
  await page.call(CLERK, "look");
  expect(JSON.stringify(page.messages.slice(since))).not.toMatch(
    /(default|row|written|computed) for the staff|of the staff/,
  );
  expect(journal.lines.join()).not.toMatch(/the vault greets/);
}

/** Calls an event that has to wait for its turn. Settles when it waits. */
async function queued(page: RawPage, username: string, name: string, ...args: unknown[]): Promise<void> {
  page.send({ kind: "event", state: DRAFTS, event: name, args });
  // This one runs beside the others, and was sent after the first one.
  page.send({ kind: "event", state: DRAFTS, event: "pass", args: ["by"] });
  await noted(`${username} passes by`);
  gate("by").resolve();
}

/** What happens to the user after the guard of one state has answered, while that of another one runs. */
const changes = {
  demotion: async (_: RawPage, username: string) => {
    await desk.change(username, { isStaff: false });
    return `the guard refuses ${username}`;
  },
  "sign-out": async (page: RawPage, username: string) => {
    await queued(page, username, "leave");
    return "the guard refuses nobody";
  },
  "sign-in as another user": async (page: RawPage, username: string) => {
    await queued(page, username, "become", desk.ids["bob"]);
    return "the guard refuses bob";
  },
} as const;

describe.each(Object.entries(changes))("a %s after one guard has answered, while another one runs", (_, change) => {
  test("RT-4, RT-6: states that the page requests are not sent", async () => {
    const username = await staffMember();
    const page = open(await desk.app.signIn(username), { watch: [CLERK] });
    await page.welcome;
    const guard = gate("guard");
    const id = page.send({ kind: "watch", states: [VAULT, SLOW] });
    await noted(`guard waits for ${username}`);
    const refusal = await change(page, username);
    guard.resolve();
    expect((await page.ack(id))?.code).toBe("STATE_REFUSED");
    await noted(refusal);
    await assertNothingSent(page);
    page.socket.close();
  });

  test("RT-4, RT-6: a page that is opened does not get its states", async () => {
    const username = await staffMember();
    const guard = gate("guard");
    const page = open(await desk.app.signIn(username), { watch: [CLERK, VAULT, SLOW] });
    await noted(`guard waits for ${username}`);
    // The page is welcomed without its states, because they take long.
    await page.welcome;
    const refusal = await change(page, username);
    guard.resolve();
    await noted(refusal);
    await page.message(({ frame }) => frame?.changes?.[CLERK] !== undefined);
    await assertNothingSent(page);
    page.socket.close();
  });

  test("RT-4, RT-6: a page that comes back does not get its states again", async () => {
    const username = await staffMember();
    const browser = await desk.app.signIn(username);
    const first = open(browser, { watch: [CLERK, VAULT, SLOW] });
    const { tab } = await first.welcome;
    await noted(`the vault greets ${username}`);
    await first.call(CLERK, "look");
    first.cut();
    await first.gone();
    clearJournal();
    const guard = gate("guard");
    const page = open(browser, { ...first.hello, tab });
    page.id = first.id;
    await noted(`guard waits for ${username}`);
    await page.welcome;
    const refusal = await change(page, username);
    guard.resolve();
    await noted(refusal);
    await page.message(({ frame }) => frame?.changes?.[CLERK] !== undefined);
    await assertNothingSent(page);
    page.socket.close();
  });
});

describe("a change of the user while onConnect of an allowed state runs", () => {
  test("RT-3, RT-4: what it loads is not sent after a demotion", async () => {
    const username = await staffMember();
    const page = open(await desk.app.signIn(username), { watch: [CLERK] });
    await page.welcome;
    const onConnect = gate("onConnect");
    const id = page.send({ kind: "watch", states: [SLOW, VAULT] });
    await noted(`onConnect waits for ${username}`);
    await desk.change(username, { isStaff: false });
    onConnect.resolve();
    expect((await page.ack(id))?.code).toBe("STATE_REFUSED");
    await assertNothingSent(page);
    page.socket.close();
  });

  test("RT-6: after a sign-out, onConnect of the other allowed states does not run", async () => {
    const username = await staffMember();
    const page = open(await desk.app.signIn(username), { watch: [CLERK] });
    await page.welcome;
    const onConnect = gate("onConnect");
    const id = page.send({ kind: "watch", states: [SLOW, VAULT] });
    await noted(`onConnect waits for ${username}`);
    await queued(page, username, "leave");
    onConnect.resolve();
    expect((await page.ack(id))?.code).toBe("STATE_REFUSED");
    await assertNothingSent(page);
    page.socket.close();
  });
});

test("RT-4: a right that is granted while the guard of another state runs counts as well", async () => {
  const username = await staffMember();
  await desk.change(username, { isStaff: false });
  const page = open(await desk.app.signIn(username), { watch: [CLERK] });
  await page.welcome;
  const guard = gate("guard");
  const id = page.send({ kind: "watch", states: [VAULT, SLOW] });
  await noted(`guard waits for ${username}`);
  await desk.change(username, { isStaff: true });
  guard.resolve();
  expect(await page.ack(id)).toBeUndefined();
  expect(JSON.stringify(page.frames)).toContain(`loaded for ${username} of the staff`);
  page.socket.close();
});

describe("onIdentityChange of a state that throws", () => {
  test("RT-3: the states after it follow, and the log names it", async () => {
    const username = await staffMember();
    await using tab = await desk.app.open("/", { as: username });
    await tab.call(FollowerState, "look");
    await tab.watch(UserState);
    journal.isBroken = true;
    await desk.change(username, { email: "new@example.org" });
    await expect.poll(() => tab.view(UserState).email).toBe("new@example.org");
    expect(tab.problems).toHaveLength(1);
    expect(desk.log.join()).toContain("FollowerState.onIdentityChange");
  });

  test("does not prevent a sign-in", async () => {
    const username = await staffMember();
    await using tab = await desk.app.open("/");
    await tab.call(FollowerState, "look");
    await tab.watch(UserState);
    journal.isBroken = true;
    await tab.call(AccountState, "signIn", username, PASSWORD);
    expect(tab.view(AccountState).name).toBe(username);
    expect(tab.view(UserState).username).toBe(username);
  });

  test("RT-3: the states follow although the event that found the change fails", async () => {
    const username = await staffMember();
    await using tab = await desk.app.open("/", { as: username });
    await tab.watch(UserState);
    // It has the turn and is no request, so it does not find the change.
    const held = tab.call(MadeState, "keep", "turn");
    await noted("kept");
    const failed = tab.call(AccountState, "rememberAndFail", "note", "1");
    // It runs beside the others, so the failing event waits for its turn by now.
    const passed = tab.call(DraftState, "pass", "by");
    await noted(`${username} passes by`);
    await desk.change(username, { email: "new@example.org" });
    for (const name of ["turn", "by"]) gate(name).resolve();
    await expect(failed).rejects.toMatchObject({ code: "EVENT_FAILED" });
    await Promise.all([held, passed]);
    await tab.until(UserState, ({ email }) => email === "new@example.org");
  });
});

describe("a guard that changes its own user", () => {
  let changed = 0;

  /** Changes what guards read of the user, so that the answer is not for the current user. */
  async function changeUser(state: string): Promise<void> {
    if (state !== "restless") return;
    const { username } = currentUser();
    await desk.change(username, { email: `kim${++changed}@example.org` });
  }

  const runs = () => journal.lines.filter((line) => line === "restless guard").length;
  const logged = () => desk.log.filter((line) => line.includes("STATE_GUARD_UNSETTLED"));

  beforeEach(() => {
    desk.log.length = 0;
  });

  test("RT-4: its state is refused when the page requests it, and the log says why, once", async () => {
    const page = open(await desk.app.signIn(await staffMember()), { watch: [CLERK] });
    await page.welcome;
    journal.guardWork = changeUser;
    for (let i = 0; i < 2; i++) {
      const id = page.send({ kind: "watch", states: [RESTLESS] });
      expect((await page.ack(id))?.code).toBe("STATE_REFUSED");
    }
    expect(runs()).toBe(10);
    expect(logged()).toHaveLength(1);
    expect(logged()[0]).toContain("The guard of RestlessState did not answer for the current user");
    expect(JSON.stringify(page.messages)).not.toContain("restless for the staff");
    page.socket.close();
  });

  test("RT-4: a page that is opened is refused its state and gets the others", async () => {
    journal.guardWork = changeUser;
    const page = open(await desk.app.signIn(await staffMember()), { watch: [CLERK, RESTLESS] });
    await page.welcome;
    await page.call(CLERK, "look");
    expect(runs()).toBe(5);
    expect(logged()).toHaveLength(1);
    expect(JSON.stringify(page.messages)).not.toContain("restless for the staff");
    page.socket.close();
  });

  test("RT-4: after a change of the user it does not run without end, and runs again after the next change", async () => {
    const username = await staffMember();
    const page = open(await desk.app.signIn(username), { watch: [CLERK, RESTLESS, STEADY] });
    await page.welcome;
    clearJournal();
    journal.guardWork = changeUser;
    await desk.change(username, { firstName: "Kim" });
    await page.message(({ frame }) => frame?.changes?.[RESTLESS] !== undefined);
    expect(logged()).toHaveLength(1);
    expect(runs()).toBe(5);
    await page.call(CLERK, "look");
    expect(runs()).toBe(5);
    journal.guardWork = undefined;
    const before = page.messages.length;
    await desk.change(username, { firstName: "Kimberly" });
    await page.message(({ frame }) => JSON.stringify(frame?.changes?.[RESTLESS] ?? "").includes("for the staff"));
    expect(JSON.stringify(page.messages.slice(before))).not.toContain("steady");
    page.socket.close();
  });

  const harmless = {
    "checks a permission and writes when the user was last seen": async () => {
      const user = currentUser();
      await user.hasPerm("desk.change_desk");
      await objects(User)
        .filter({ id: Number(user.id) })
        .update({ lastLogin: new Date() });
    },
    "signs the same user in": async () => {
      await login(currentUser());
    },
  };

  test.each(Object.entries(harmless))("RT-4: one that %s allows its state", async (_, work) => {
    const page = open(await desk.app.signIn(await staffMember()), { watch: [CLERK, STEADY] });
    await page.welcome;
    clearJournal();
    journal.guardWork = work;
    const id = page.send({ kind: "watch", states: [RESTLESS] });
    expect(await page.ack(id)).toBeUndefined();
    expect(JSON.stringify(page.frames)).toContain("restless for the staff");
    await page.call(CLERK, "look");
    expect(journal.lines).toEqual(["restless guard"]);
    expect(logged()).toHaveLength(0);
    page.socket.close();
  });
});
