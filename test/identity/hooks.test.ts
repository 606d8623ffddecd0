import {
  beginEventRequest,
  currentLanguage,
  currentRequest,
  currentSession,
  currentUser,
  endEventRequest,
  request,
} from "antiphon";
import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { clearJournal, journal } from "../fixtures/identity-app/src/journal.ts";
import { DefaultTierState, NoneTierState, SessionTierState } from "../fixtures/identity-app/src/tiers.state.ts";
import { keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => clearJournal());

function described(): Record<string, unknown> {
  return JSON.parse(journal.lines.at(-1) ?? "{}") as Record<string, unknown>;
}

describe("Rows 22-26: the request that an event is", () => {
  test("rows 22, 23: a GET of the page with its query, the socket's headers and cookies, and the user", async () => {
    await using tab = await desk.app.open("/elsewhere?tab=history&tab=last", { as: "ada" });
    await tab.call(AccountState, "describe");
    expect(described()).toEqual({
      kind: "event",
      method: "GET",
      path: "/elsewhere",
      url: "/elsewhere?tab=history&tab=last",
      query: { tab: "last" },
      cookies: expect.arrayContaining(["sessionid", "antiphon_identity"]),
      ip: "127.0.0.1",
      host: new URL(desk.app.url).host,
      protocol: "http",
      language: "en",
      user: "ada",
      stamp: "stamped event",
      agent: "antiphon-testing",
      bound: true,
    });
  });

  test("row 23: the request follows the page", async () => {
    await using tab = await desk.app.open("/");
    await tab.navigate("/elsewhere?x=1");
    await tab.call(AccountState, "describe");
    expect(described()).toMatchObject({ path: "/elsewhere", query: { x: "1" } });
  });

  test("rows 24, 38, W43: the hooks see the cookies that the browser has by now, in every form that plugins read", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "remember", "a", "1");
    const seen: string[] = [];
    journal.hook = (hooked) => {
      seen.push(`${hooked.cookies["sessionid"] ?? ""} ${hooked.headers.cookie?.match(/sessionid=(\w+)/)?.[1] ?? ""}`);
    };
    await tab.call(AccountState, "look");
    await tab.call(AccountState, "signIn", "ada", PASSWORD);
    await tab.call(AccountState, "look");
    const key = keyOf(browser);
    expect(seen.at(-1)).toBe(`${key} ${key}`);
  });
});

describe("the app's own hooks", () => {
  test("rows 28, 206: see the page's url, GET, the cookies and the user, and what they decorate is there in the event", async () => {
    await using tab = await desk.app.open("/elsewhere?q=1", { as: "ada" });
    const seen: unknown[] = [];
    journal.hook = ({ method, url, user, cookies, kind }) => {
      seen.push([kind, method, url, user.username, "sessionid" in cookies]);
    };
    await tab.call(AccountState, "describe");
    expect(seen).toEqual([["event", "GET", "/elsewhere?q=1", "ada", true]]);
    expect(described()["stamp"]).toBe("stamped event");
  });

  test.each([400, 401, 403, 404, 429, 451])("an answer of %i stops the event", async (status) => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(AccountState, "look");
    journal.hook = (_, reply) => reply.code(status).send({ secret: "of the hook" });
    const frames = tab.frames.length;
    await expect(tab.call(AccountState, "remember", "note", "no")).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    expect(JSON.stringify(tab.frames.slice(frames))).not.toContain("of the hook");
    journal.hook = undefined;
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).remembered).toBe("");
  });

  test.each(["answers 500", "answers 503", "throws", "throws a text", "answers 200 in the event's place"])(
    "a hook that %s stops the event",
    async (what) => {
      await using tab = await desk.app.open("/", { as: "ada" });
      await tab.call(AccountState, "look");
      journal.hook = (_, reply) => {
        if (what === "throws") throw new Error("select * from secret_table");
        if (what === "throws a text") throw "secret_table";
        return reply.code(what === "answers 500" ? 500 : what === "answers 503" ? 503 : 200).send("no");
      };
      const error = await tab.call(AccountState, "remember", "note", "no").then(
        () => undefined,
        (thrown: { code: string; message: string }) => thrown,
      );
      expect(error?.code).toMatch(/^BRIDGE_(REFUSED|UNAVAILABLE)$/);
      expect(error?.message).not.toContain("secret_table");
      journal.hook = undefined;
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).remembered).toBe("");
    },
  );

  test("a hook that throws an error with a status counts as that status", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(AccountState, "look");
    journal.hook = () => {
      throw Object.assign(new Error("slow down"), { statusCode: 429 });
    };
    await expect(tab.call(AccountState, "look")).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
  });

  test("a redirect of a hook becomes a redirect of the page; what the hook left in the session is kept", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "look");
    journal.hook = (hooked, reply) => {
      if (hooked.url !== "/") return undefined;
      hooked.session.set("note", "from the hook");
      return reply.redirect("/elsewhere?from=hook");
    };
    await tab.call(AccountState, "remember", "note", "no");
    expect(tab.effects.at(-1)).toMatchObject({ effect: "redirect", to: "/elsewhere?from=hook", external: false });
    expect(tab.url).toBe("/elsewhere?from=hook");
    journal.hook = undefined;
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).remembered).toBe("from the hook");
    expect(keyOf(browser)).not.toBe("");
  });

  test.each(["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])(
    "SEC-16: a redirect of a hook to %s leads nowhere",
    async (to) => {
      await using tab = await desk.app.open("/");
      await tab.call(AccountState, "look");
      journal.hook = (_, reply) => reply.redirect(to);
      await tab.call(AccountState, "look").catch(() => {});
      for (const effect of tab.effects) {
        if (effect.effect === "redirect") expect(new URL(effect.to, desk.app.url).origin).toBe(desk.app.url);
      }
      expect(new URL(tab.url, desk.app.url).origin).toBe(desk.app.url);
    },
  );

  test("cookies that a hook sets reach the browser by ticket, and the next event knows them", async () => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser });
    await tab.call(AccountState, "look");
    let set = false;
    journal.hook = (_, reply) => {
      if (set) return;
      set = true;
      reply.header("set-cookie", ["flavour=mint; Path=/; HttpOnly", "other=1; Path=/"]);
    };
    await tab.call(AccountState, "look");
    expect([browser.value("flavour"), browser.value("other")]).toEqual(["mint", "1"]);
    await tab.call(AccountState, "describe");
    expect(described()["cookies"]).toEqual(expect.arrayContaining(["flavour", "other"]));
  });

  test.each([
    ["connects again", undefined],
    ["connects again", "ada"],
    ["is loaded again", undefined],
    ["is loaded again", "ada"],
  ] as const)("cookies that another page set since count when a page %s; signed in: %s", async (how, as) => {
    const browser = new TestBrowser();
    await using tab = await desk.app.open("/", { browser, ...(as === undefined ? {} : { as }) });
    await tab.call(AccountState, "look");
    const seen: unknown[] = [];
    let flavour = "mint";
    journal.hook = ({ kind, cookies }, reply) => {
      if (kind === "event") seen.push(cookies["flavour"]);
      if (flavour !== "") reply.setCookie("flavour", flavour, { path: "/" });
      flavour = "";
    };
    await tab.call(AccountState, "look");
    expect(browser.value("flavour")).toBe("mint");
    flavour = "basil";
    await tab.fetch("/api/me");
    expect(browser.value("flavour")).toBe("basil");
    if (how === "connects again") {
      await tab.disconnect();
      await tab.reconnect();
      await tab.call(AccountState, "look");
    } else {
      tab.close();
      await using again = await desk.app.open("/", { browser, ...(tab.id === undefined ? {} : { tabId: tab.id }) });
      await again.call(AccountState, "look");
      expect(again.id).toBe(tab.id);
    }
    expect([seen[0], new Set(seen.slice(1))]).toEqual([undefined, new Set(["basil"])]);
  });

  test("what a hook leaves in the session, and what onSend leaves there, is kept", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(AccountState, "look");
    journal.hook = ({ session }) => session.set("note", "before");
    await tab.call(AccountState, "look");
    expect(tab.view(AccountState).remembered).toBe("before");
    journal.hook = undefined;
    expect(await (await tab.fetch("/api/me")).json()).toEqual({ name: "ada", note: "before" });
  });

  test("the opening of a socket passes the same hooks, which may refuse it; its cookies reach the browser", async () => {
    const browser = new TestBrowser();
    const kinds: string[] = [];
    journal.hook = ({ kind, url }, reply) => {
      kinds.push(`${kind} ${url}`);
      if (kind === "handshake") reply.header("set-cookie", "opened=yes; Path=/");
    };
    await using tab = await desk.app.open("/elsewhere?a=1", { browser });
    await tab.call(AccountState, "look");
    expect(kinds[0]).toBe("handshake /elsewhere?a=1");
    expect(browser.value("opened")).toBe("yes");
    journal.hook = ({ kind }, reply) => (kind === "handshake" ? reply.code(403).send() : undefined);
    await expect(desk.app.open("/")).rejects.toMatchObject({ code: "TESTING_TAB_REFUSED" });
  });

  test("a hook that guards by the path stands before a page's onLoad, however the page is reached", async () => {
    const forbid = () => {
      journal.hook = ({ url }, reply) => (url.startsWith("/open-secrets") ? reply.code(403).send() : undefined);
    };
    await using tab = await desk.app.open("/", { as: "ada" });
    forbid();
    await expect(tab.navigate("/open-secrets")).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    expect(journal.lines).not.toContain("secrets loaded");
    await expect(desk.app.open("/open-secrets", { as: "ada" })).rejects.toMatchObject({
      code: "TESTING_TAB_REFUSED",
    });
    expect(journal.lines).not.toContain("secrets loaded");
  });

  test("no one reaches the hooks' hidden route from outside", async () => {
    for (const path of ["/_event/x", "/api/_event/x", "/api/_event/"]) {
      const response = await desk.app.fetch(path);
      expect([path, response.status >= 400]).toEqual([path, true]);
    }
  });
});

describe("tiers", () => {
  const FULL = "ada, session, stamped event, bound";
  const SESSION = "ada, session, no hooks, bound";
  const NONE = "nobody, no session, no hooks, unbound";

  test.each([
    [undefined, FULL],
    [true, FULL],
    ["full", FULL],
    ["session", SESSION],
    ["none", NONE],
  ] as const)("rows 207, 208: the app says %j: an event that says nothing is %j", async (eventBridge, expected) => {
    await using app = await world(eventBridge === undefined ? {} : { config: { eventBridge } });
    await using tab = await app.app.open("/", { as: "ada" });
    for (const [event, seen] of [
      ["look", expected],
      ["lookFull", FULL],
      ["lookSession", SESSION],
      ["lookNone", NONE],
    ] as const) {
      await tab.call(DefaultTierState, event);
      expect([event, tab.view(DefaultTierState).seen]).toEqual([event, seen]);
    }
  });

  test("row 207: a state's tier holds for its events but those that say their own, and for its fields", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await tab.call(SessionTierState, "look");
    expect(tab.view(SessionTierState).seen).toBe(SESSION);
    await tab.call(SessionTierState, "lookFull");
    expect(tab.view(SessionTierState).seen).toBe(FULL);
    await tab.call(NoneTierState, "look");
    expect(tab.view(NoneTierState).seen).toBe(NONE);
    await tab.call(NoneTierState, "lookSession");
    expect(tab.view(NoneTierState).seen).toBe(SESSION);
    let hooks = 0;
    journal.hook = () => {
      hooks++;
    };
    await tab.write(SessionTierState, "word", "x");
    expect(hooks).toBe(0);
  });

  test("an event without a request that wants the session is told so, and changes nothing", async () => {
    await using tab = await desk.app.open("/", { as: "ada" });
    await expect(tab.call(DefaultTierState, "touchSession")).rejects.toMatchObject({ code: "AUTH_SESSION_UNBOUND" });
  });

  test("row 6: eventBridge: false: nobody is ever signed in, whatever an event asks for; views are as they were", async () => {
    await using app = await world({ config: { eventBridge: false } });
    await using tab = await app.app.open("/", { as: "ada" });
    for (const event of ["look", "lookFull", "lookSession", "lookNone"] as const) {
      await tab.call(DefaultTierState, event);
      expect([event, tab.view(DefaultTierState).seen]).toEqual([event, NONE]);
    }
    await expect(tab.call(DefaultTierState, "signIn", "ada", PASSWORD)).rejects.toMatchObject({
      code: "AUTH_SESSION_UNBOUND",
    });
    await expect(tab.engine.call("secrets.SecretsState", "load", [])).resolves.toBeUndefined();
    expect(journal.lines).not.toContain("secrets loaded");
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "ada" });
  });

  test("an app whose events are no requests keeps a signed-in user's tab when the connection comes back", async () => {
    await using app = await world({ config: { eventBridge: "none" } });
    await using tab = await app.app.open("/", { as: "ada" });
    await tab.call(DefaultTierState, "lookFull");
    const { id } = tab;
    await tab.disconnect();
    await tab.reconnect();
    await tab.call(NoneTierState, "look");
    expect(tab.id).toBe(id);
    expect(tab.view(DefaultTierState).seen).toBe(FULL);
  });
});

describe("Rows 29-34: outside of a request", () => {
  test("rows 29-32: there is no request and no session; the user is anonymous and the language English", () => {
    expect([currentRequest(), currentSession(), currentLanguage()]).toEqual([undefined, undefined, "en"]);
    expect(currentUser()).toMatchObject({ isAuthenticated: false, username: "", id: null });
  });

  test("row 34: request is that of an anonymous visitor of the start page, and says that it is not bound", () => {
    expect(request.isBound).toBe(false);
    const { method, path, url, username, isAuthenticated, email, session, user } = request;
    expect({ method, path, url, username, isAuthenticated, email, session }).toEqual({
      method: "GET",
      path: "/",
      url: "/",
      username: "",
      isAuthenticated: false,
      email: "",
      session: undefined,
    });
    expect(user.isAuthenticated).toBe(false);
    expect([{ ...request.query }, { ...request.headers }, { ...request.cookies }]).toEqual([{}, {}, {}]);
    expect(() => Object.assign(request.query as object, { next: "/x" })).toThrow(TypeError);
    expect(() => (request as unknown as Record<string, unknown>)["body"]).toThrow(
      expect.objectContaining({ code: "BRIDGE_NOT_BOUND", message: expect.stringContaining("eventBridge") }),
    );
  });

  test("row 33: begin binds until end, replaces what was bound, and end may be called twice", () => {
    const made = (path: string) => ({ path, user: { username: path } }) as never;
    endEventRequest();
    beginEventRequest(made("/one"));
    beginEventRequest(made("/two"));
    expect([request.isBound, request.path, currentUser().username]).toEqual([true, "/two", "/two"]);
    endEventRequest();
    endEventRequest();
    expect([request.isBound, request.path]).toEqual([false, "/"]);
  });
});
