import { get as httpGet } from "node:http";
import { setPassword, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { DraftState } from "../fixtures/identity-app/src/leftovers.state.ts";
import { FeedState, SecretsState, StaffState } from "../fixtures/identity-app/src/secrets.state.ts";
import { groupWith, keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";

let desk: World;
let editors: number;
beforeAll(async () => {
  desk = await world();
  editors = await groupWith(desk.app, "Editors", "change_secret");
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

describe("RT-3: what changes about a user", () => {
  test("RT-3: a password changed by other code signs all of the user's tabs out, on their next event", async () => {
    await desk.app.createUser({ username: "carol", password: PASSWORD });
    await using one = await desk.app.open("/", { as: "carol" });
    await using two = await desk.app.open("/secrets", { as: "carol" });
    await desk.app.run(() => setPassword({ id: desk.ids["ada"] ?? 0 }, PASSWORD));
    await one.call(AccountState, "look");
    expect(one.view(AccountState).name).toBe("carol");
    const carol = await desk.app.run(async () =>
      (await import("antiphon/auth")).authenticate({ username: "carol", password: PASSWORD }),
    );
    await desk.app.run(() => setPassword({ id: Number(carol?.id) }, "another horse"));
    await one.call(AccountState, "look").catch(() => {});
    await one.call(AccountState, "look");
    expect(one.view(AccountState).name).toBe("");
    await expect.poll(() => two.url, { timeout: 4_000 }).toContain("/login");
  });

  test("RST-12, SEC-14: changing the password in one tab keeps this browser and ends every other one", async () => {
    await desk.app.createUser({ username: "dave", password: PASSWORD });
    const browser = new TestBrowser();
    await using one = await desk.app.open("/secrets", { browser, as: "dave" });
    await using two = await desk.app.open("/secrets", { browser });
    await using elsewhere = await desk.app.open("/secrets", { as: "dave" });
    const stolen = new TestBrowser();
    stolen.takeLines([`sessionid=${keyOf(browser)}`]);
    await using thief = await desk.app.open("/secrets", { browser: stolen });
    await thief.call(AccountState, "look");
    expect(thief.view(AccountState).name).toBe("dave");
    await one.call(AccountState, "changePassword", "another horse");
    await one.call(AccountState, "look");
    expect(one.view(AccountState).name).toBe("dave");
    await two.call(AccountState, "look");
    expect(two.view(AccountState).name).toBe("dave");
    expect([one.url, two.url]).toEqual(["/secrets", "/secrets"]);
    for (const out of [elsewhere, thief]) {
      await out.call(AccountState, "look").catch(() => {});
      await out.call(AccountState, "look");
      expect(out.view(AccountState).name).toBe("");
    }
    for (const out of [elsewhere, thief]) await expect.poll(() => out.url, { timeout: 4_000 }).toContain("/login");
    expect(await (await thief.fetch("/api/me")).json()).toMatchObject({ name: "" });
  });

  test("RT-3: a user who is put out (isActive false) is nobody on the next event of every tab and view", async () => {
    await desk.app.createUser({ username: "erin", password: PASSWORD });
    await using tab = await desk.app.open("/secrets", { as: "erin" });
    await desk.change("erin", { isActive: false });
    const loads = journal.lines.length;
    await tab.call(SecretsState, "load").catch(() => {});
    expect(journal.lines.length).toBe(loads);
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "" });
    await expect.poll(() => tab.url, { timeout: 4_000 }).toContain("/login");
  });

  test("RT-3, RT-4: permission and group count when the event runs, given or taken, in every open tab", async () => {
    await using one = await desk.app.open("/secrets", { as: "bob" });
    await using two = await desk.app.open("/secrets", { as: "bob" });
    const tries = async (event: "publish" | "groupOnly") => {
      const before = [one, two].map((tab) => tab.view(SecretsState).published);
      for (const tab of [one, two]) await tab.call(SecretsState, event).catch(() => {});
      return [one, two].map((tab, index) => tab.view(SecretsState).published - (before[index] ?? 0));
    };
    expect(await tries("publish")).toEqual([0, 0]);
    await desk.change("bob", { groups: [editors] });
    expect(await tries("publish")).toEqual([1, 1]);
    expect(await tries("groupOnly")).toEqual([100, 100]);
    await desk.change("bob", { groups: [] });
    expect(await tries("publish")).toEqual([0, 0]);
    expect(await tries("groupOnly")).toEqual([0, 0]);
  });
});

describe("Guards of a state", () => {
  test("RT-4: who may not see a state gets no var of it, runs no event and writes no field", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await expect(tab.watch(StaffState)).rejects.toMatchObject({ code: "STATE_REFUSED" });
    for (const event of ["load", "fill"]) await tab.engine.call("secrets.StaffState", event, []);
    await tab.engine.write("secrets.StaffState", "note", "mine");
    expect(tab.effects.slice(-3).map(({ effect }) => effect)).toEqual(["toast", "toast", "toast"]);
    // Another state of the same tab may write into it; that is not sent either.
    await tab.call(FeedState, "push");
    expect(journal.lines.filter((line) => line.startsWith("figures"))).toEqual([]);
    expect(JSON.stringify(tab.frames)).not.toMatch(/figures|mine/);
    await desk.change("ada", { isStaff: true });
    await tab.watch(StaffState);
    expect(tab.view(StaffState)).toMatchObject({ note: "" });
    await desk.change("ada", { isStaff: false });
  });

  test("RT-4: a stranger who calls an event of a guarded state is sent to sign in, and nothing runs", async () => {
    await using tab = await desk.app.open("/");
    await expect(tab.engine.call("secrets.StaffState", "load", [])).resolves.toBeUndefined();
    expect(tab.effects.at(-1)).toMatchObject({ effect: "redirect", to: "/login?next=%2F" });
    expect(journal.lines).not.toContain("figures loaded");
  });

  test("RT-3: who loses the right to see a state gets no var of it from then on, whoever writes it", async () => {
    await desk.app.createUser({ username: "heidi", password: PASSWORD, isStaff: true });
    await using tab = await desk.app.open("/staff", { as: "heidi" });
    await tab.call(FeedState, "push");
    expect(tab.view(StaffState).figures).toEqual([1, 2, 3, 1]);
    await desk.change("heidi", { isStaff: false });
    const frames = tab.frames.length;
    await tab.call(FeedState, "push");
    // It is taken from the page, once, and whatever is written later is not sent.
    expect(JSON.stringify(tab.frames.slice(frames)).match(/"figures".{6}/g)).toEqual(['"figures":[],"n']);
    expect(tab.view(StaffState).figures).toEqual([]);
    const loads = journal.lines.length;
    await tab.engine.call("secrets.StaffState", "load", []);
    expect(journal.lines.length).toBe(loads);
    await desk.change("heidi", { isStaff: true });
    await tab.call(FeedState, "push");
    expect(tab.view(StaffState).figures).toEqual([2, 3]);
  });

  test("RT-2, RT-4: after a sign-out the stranger gets no var of a guarded state, whoever writes it", async () => {
    await using tab = await desk.app.open("/staff", { as: "grace" });
    expect(tab.view(StaffState).figures).toEqual([1, 2, 3]);
    await tab.fetch("/api/logout", { method: "POST" });
    await expect.poll(() => tab.view(StaffState).figures).toEqual([]);
    const frames = tab.frames.length;
    await tab.call(FeedState, "push");
    expect(tab.view(FeedState).pushed).toBe(1);
    expect(JSON.stringify(tab.frames.slice(frames))).not.toContain("figures");
  });

  test("RT-3: a reload, and a connection that comes back, ask the guard again", async () => {
    await desk.app.createUser({ username: "ivan", password: PASSWORD, isStaff: true });
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/staff", { browser, as: "ivan" });
    expect(tab.view(StaffState).figures).toEqual([1, 2, 3]);
    await tab.disconnect();
    await desk.change("ivan", { isStaff: false });
    const frames = tab.frames.length;
    await tab.reconnect();
    await tab.call(AccountState, "look");
    expect(JSON.stringify(tab.frames.slice(frames))).not.toContain("1,2,3");
    expect(tab.view(StaffState).figures).toEqual([]);
  });
});

/** A request whose path is sent as it is. */
function rawGet(path: string): Promise<{ status: number | undefined; location: string | undefined }> {
  const { hostname, port } = new URL(desk.app.url);
  return new Promise((resolve, reject) => {
    httpGet({ hostname, port, path, headers: { accept: "text/html" } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, location: response.headers.location });
    }).on("error", reject);
  });
}

describe("Guards of a page, on the first request", () => {
  const get = (path: string, as?: string) =>
    desk.app.fetch(path, { headers: { accept: "text/html" }, ...(as === undefined ? {} : { as }) });

  test.each(["/secrets", "/secrets?tab=a%20b&x=1", "/staff", "/audit", "/club"])(
    "AUT-17: %s sends a stranger to sign in, with a safe way back, and runs nothing",
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(302);
      expect(response.headers.get("location")).toBe(`/login?next=${encodeURIComponent(path)}`);
      expect(await response.text()).not.toContain("Secrets of the house");
      expect(journal.lines).toEqual([]);
    },
  );

  test.each(["/staff", "/audit", "/club"])("AUT-17: %s is 403 for who is signed in without the right", async (path) => {
    const response = await get(path, "ada");
    expect([response.status, response.headers.get("location")]).toEqual([403, null]);
    expect(await response.text()).not.toMatch(/Figures|Audit|Club/);
    expect(journal.lines).toEqual([]);
  });

  test("SEC-26: what a page's guard looked up is no shared cache's", async () => {
    for (const [path, as, status] of [
      ["/secrets", "ada", 200],
      ["/staff", "ada", 403],
      ["/secrets", undefined, 302],
    ] as const) {
      const response = await get(path, as);
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get("vary"), path).toMatch(/\bcookie\b/i);
      expect(response.headers.get("cache-control"), path).toMatch(/private|no-store/);
    }
  });

  test("SEC-16: the way back never leads to another site, however it is written", async () => {
    const paths = ["//evil.example/", "/\\evil.example", "/secrets/..//evil.example", "/secrets?next=//evil.example"];
    for (const path of [...paths, "/%2F%2Fevil.example", "/secrets#//evil.example", "/secrets;//evil.example"]) {
      const { status, location } = await rawGet(path);
      expect([path, status]).not.toEqual([path, 500]);
      if (location === undefined) continue;
      expect(new URL(location, desk.app.url).origin, path).toBe(desk.app.url);
      const next = new URL(location, desk.app.url).searchParams.get("next") ?? "/";
      expect(new URL(next, desk.app.url).origin, path).toBe(desk.app.url);
    }
  });

  test("RT-4: the same guard is asked when the page is gone to without a request", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await expect(tab.navigate("/staff")).rejects.toMatchObject({ code: "PAGE_REFUSED" });
    expect(journal.lines).not.toContain("figures loaded");
    await desk.change("ada", { isStaff: true });
    await tab.navigate("/staff");
    expect(journal.lines).toContain("figures loaded");
    await desk.change("ada", { isStaff: false });
  });
});

test("RT-3: a user who is deleted is signed out in every tab", async () => {
  await desk.app.createUser({ username: "quinn", password: PASSWORD });
  await using tab = await desk.app.open("/", { as: "quinn" });
  await tab.call(DraftState, "look");
  await desk.app.run(() => objects(User).filter({ username: "quinn" }).delete());
  await tab.call(DraftState, "look").catch(() => {});
  await tab.call(DraftState, "look");
  expect(tab.view(DraftState).name).toBe("");
  await expect(tab.watch(SecretsState)).rejects.toMatchObject({ code: "STATE_REFUSED" });
});
