import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { anonymousUser } from "../bridge/anonymous-user.ts";
import { currentRequest, currentSession, currentUser } from "../bridge/current-request.ts";
import { request } from "../bridge/request-proxy.ts";
import type { AntiphonError } from "../errors.ts";
import { currentLanguage } from "../i18n/current-language.ts";
import { classInfo, type StateClass, tagStates } from "../state/class-info.ts";
import { type EventDefinition, event } from "../state/event.ts";
import { State } from "../state/state.ts";
import { Bench } from "../state/state-tree.fixture.ts";
import { createUser } from "./account/create-user.ts";
import { AppState } from "./app-state.ts";
import { AuthApp, memoryDatabase, type TestBrowser } from "./identity/auth.fixture.ts";
import { passwordErrors } from "./passwords/password-errors.ts";
import { UserState } from "./user-state.ts";
import { fakeUser, Visitor } from "./visitor.fixture.ts";

const texts = [z.string(), z.string()] as const;

class DeskState extends AppState {
  static override events = {
    signIn: event({ args: texts }),
    signInByForm: event({ args: [z.record(z.string(), z.unknown())] }),
    signOut: event(),
    failAfterSignIn: event({ args: texts }),
    look: event(),
    ask: event({ args: [z.string()] }),
  };
  name = "";
  answers: boolean[] = [];
  failures = 0;
  theme = "";

  async signIn(username: string, password: string) {
    this.answers.push(await this.login(username, password));
    this.name = this.user.username;
  }
  async signInByForm(form: Record<string, unknown>) {
    this.answers.push(await this.login(form));
    this.name = this.user.username;
  }
  async signOut() {
    await this.logout();
    this.name = this.user.username;
  }
  async failAfterSignIn(username: string, password: string) {
    await this.login(username, password);
    throw new Error("after all");
  }
  look() {
    this.name = `${this.user.username} at ${this.request.path}${this.request.query["a"] ?? ""}`;
    this.theme = this.session.get("theme", "light");
    this.session.set("theme", "dark");
  }
  async ask(name: string) {
    this.answers = [await this.hasPerm(name), await this.hasPerms([name, "a.b"]), await this.hasGroup(name)];
  }
  protected override async onAuthFailed(): Promise<string> {
    await Promise.resolve();
    this.failures++;
    return "of no use to anybody";
  }
}

let getterReads: () => unknown = () => undefined;

class GetterState extends AppState {
  get mine() {
    return String(getterReads());
  }
  get ofUser() {
    return this.user.username;
  }
  get ofRequest() {
    return this.request.path;
  }
  get ofSession() {
    return this.session.get("theme", "light");
  }
  get inBorn() {
    return this.state(BornState).language;
  }
}

class BornState extends AppState {
  language = currentLanguage();
}

function open() {
  const bench = new Bench({ DeskState, GetterState, BornState, UserState });
  bench.watch(DeskState);
  return { bench, copy: () => bench.copy(DeskState) };
}

describe("What a state knows of its event", () => {
  it("rows 81-83: request, user and session are those of the event that runs", async () => {
    const { bench, copy } = open();
    const visitor = new Visitor(fakeUser());
    await visitor.in(() => bench.call(DeskState, "look"), { url: "/notes?a=1" });
    expect(copy()).toMatchObject({ name: "ada at /notes1", theme: "light" });
    visitor.user = fakeUser({ username: "grace" });
    await visitor.in(() => bench.call(DeskState, "look"), { url: "/" });
    expect(copy()).toMatchObject({ name: "grace at /", theme: "dark" });
  });

  it("rows 82, 83: outside of a request the user is anonymous, the request a visitor's of the start page, and there is no session", async () => {
    const { bench } = open();
    const desk = bench.instance(DeskState) as unknown as { user: unknown; request: { path: string }; session: unknown };
    expect([desk.user, desk.request.path]).toEqual([anonymousUser, "/"]);
    expect(() => desk.session).toThrow(/^No session is bound/);
    expect(await bench.call(DeskState, "look")).toMatchObject({ code: "AUTH_SESSION_UNBOUND" });
    expect(await bench.call(DeskState, "signIn", "ada", "x")).toMatchObject({ code: "AUTH_SESSION_UNBOUND" });
    expect(await bench.call(DeskState, "signOut")).toMatchObject({ code: "AUTH_SESSION_UNBOUND" });
  });

  it("rows 55, 86, 87, W17: groups and permissions are asked of the user, never read from what the page was told", async () => {
    const asked: string[] = [];
    const { bench, copy } = open();
    const visitor = new Visitor(fakeUser({ groups: ["Editors"], perms: ["a.b"] }, asked));
    await visitor.in(() => bench.call(DeskState, "ask", "Editors"));
    expect(copy()["answers"]).toEqual([false, false, true]);
    visitor.user = fakeUser({}, asked);
    await visitor.in(() => bench.call(DeskState, "ask", "Editors"));
    expect(copy()["answers"]).toEqual([false, false, false]);
    expect(asked.filter((question) => question === "group Editors")).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    ["read currentUser()", () => currentUser().username],
    ["read currentRequest()", () => currentRequest()?.path],
    ["read currentSession()", () => currentSession()?.get("theme", "light")],
    ["called currentLanguage()", () => currentLanguage()],
    ["read request.user", () => request.user.username],
    ["read request.username", () => request.username],
  ])("a getter that %s, wherever, is refused: it would go on showing the first one", (did, read) => {
    const { bench } = open();
    const state = bench.instance(GetterState);
    getterReads = read;
    new Visitor(fakeUser()).in(() => {
      expect(() => state.mine).toThrow(`The getter GetterState.mine ${did}.`);
      expect(read).not.toThrow();
    });
  });

  it.each(["user", "request", "session"] as const)("a getter that reads this.%s is refused", (what) => {
    const { bench } = open();
    const state = bench.instance(GetterState);
    const getter = `of${what[0]?.toUpperCase()}${what.slice(1)}` as "ofUser";
    new Visitor(fakeUser()).in(() => {
      expect(() => state[getter]).toThrow(`read this.${what}. Expected vars only`);
    });
  });

  it("the first value of a var may tell the language, also when a getter is the first to need its state", () => {
    const { bench } = open();
    expect(new Visitor(fakeUser()).in(() => bench.instance(GetterState).inBorn)).toBe("en");
  });

  it("none of it is a var, and no class may hide it", () => {
    expect(classInfo(DeskState)).toMatchObject({ vars: ["name", "answers", "failures", "theme"], computed: [] });
    const badClasses: StateClass[] = [
      class extends AppState {
        // @ts-expect-error a var in place of the user
        user = "";
      },
      class extends AppState {
        // @ts-expect-error a var in place of a method
        login = "";
      },
    ];
    for (const [index, bad] of badClasses.entries()) {
      tagStates("test", { [`Bad${index}`]: bad });
      expect(() => classInfo(bad)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^STATE_NAME_/) }));
    }
  });
});

describe("SEC-2: what the browser may call", () => {
  /** Every name that an instance answers to: fields, and all of its prototype chain. */
  function namesOf(stateClass: StateClass): Set<string> {
    const names = new Set(Object.getOwnPropertyNames(new stateClass()));
    for (let at: object | null = stateClass.prototype; at; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) names.add(name);
    }
    return names;
  }

  it.each<[string, StateClass]>([
    ["DeskState", DeskState],
    ["UserState", UserState],
  ])("every other name of %s is refused alike, and runs nothing", async (_, stateClass) => {
    const { bench } = open();
    bench.watch(stateClass);
    const visitor = new Visitor(fakeUser({ isSuperuser: true }));
    const events = new Set(classInfo(stateClass).events.keys());
    const names = [...namesOf(stateClass), "events", "fields", "guard", "then", "prototype"];
    expect(names).toEqual(expect.arrayContaining(["login", "logout", "hasPerm", "hasPerms", "hasGroup", "user"]));
    expect(names).toEqual(expect.arrayContaining(["onAuthFailed", "onPermissionDenied", "session", "request"]));
    const before = structuredClone(bench.copy(stateClass));
    for (const name of names) {
      if (events.has(name)) continue;
      const error = (await visitor.in(() => bench.call(stateClass, name, "ada", "x"))) as AntiphonError;
      expect({ code: error.code, message: error.message.replace(JSON.stringify(name), "…") }, name).toEqual({
        code: "EVENT_UNKNOWN",
        message: `… is not an event of ${stateClass.name}.`,
      });
    }
    expect(bench.copy(stateClass)).toEqual(before);
    expect(visitor.values.size).toBe(0);
  });

  it.each(["login", "logout", "hasPerm", "hasPerms", "hasGroup", "onAuthFailed", "onPermissionDenied", "user"])(
    "a class that lists %s, which it has from AppState, is refused at the start",
    (name) => {
      const args = Array.from({ length: 3 }, () => z.any());
      class Listed extends AppState {
        static override events: Record<string, EventDefinition> = { [name]: event({ args }) };
      }
      tagStates(`test-${name}`, { Listed });
      expect(() => classInfo(Listed)).toThrow(expect.objectContaining({ code: "STATE_NAME_RESERVED" }));
    },
  );

  it("a method of the class's own may be an event, also when it goes on to that of AppState", () => {
    class OwnState extends UserState {
      static override events = { ...super.events, logout: event() };
      override async logout() {
        await super.logout();
      }
    }
    tagStates("test", { OwnState });
    expect([...classInfo(OwnState).events.keys()]).toEqual(["sync", "logout"]);
  });

  it("a plain state is what it was", () => {
    class PlainState extends State {
      static override events = { login: event() };
      login() {}
    }
    tagStates("test", { PlainState });
    expect([...classInfo(PlainState).events.keys()]).toEqual(["login"]);
  });
});

describe("Signing in and out in an event", () => {
  let app: AuthApp;
  let browser: TestBrowser;
  beforeEach(async () => {
    app = new AuthApp(await memoryDatabase());
    await app.run(() => createUser({ username: "ada", password: "correct horse" }));
    await app.run(() => createUser({ username: "grace", password: "battery staple" }));
    browser = app.browser();
  });
  afterEach(() => app.close());

  /** An event in a request of the browser; one that fails is undone as a whole. */
  const call = async (bench: Bench, name: string, ...args: unknown[]): Promise<unknown> => {
    try {
      await browser.request(async () => {
        const error = await bench.call(DeskState, name, ...args);
        if (error) throw error;
      });
    } catch (error) {
      return error;
    }
  };

  it("row 84: login is true for the right password, and the user is another one from then on", async () => {
    const { bench, copy } = open();
    expect(await call(bench, "signIn", "ada", "correct horse")).toBeUndefined();
    expect(copy()).toMatchObject({ answers: [true], name: "ada", failures: 0 });
    expect(await browser.whoAmI()).toBe("ada");
    await call(bench, "signInByForm", { username: "grace", password: "battery staple" });
    expect(copy()).toMatchObject({ answers: [true, true], name: "grace" });
    expect(await browser.whoAmI()).toBe("grace");
  });

  it("rows 84, 88: login is false after onAuthFailed for anything else", async () => {
    await app.run(() => createUser({ username: "former", password: "x y z", isActive: false }));
    const { bench, copy } = open();
    await call(bench, "signIn", "ada", "wrong");
    await call(bench, "signIn", "nobody", "correct horse");
    await call(bench, "signIn", "former", "x y z");
    await call(bench, "signIn", "", "");
    await call(bench, "signInByForm", { username: { ne: null }, password: ["correct horse"] });
    expect(copy()).toMatchObject({ answers: Array(5).fill(false), failures: 5, name: "" });
    expect(await browser.whoAmI()).toBe("");
  });

  it("W13: a failed login leaves the session, its values and who is signed in as they were", async () => {
    const { bench, copy } = open();
    await call(bench, "look");
    const { key } = browser;
    await call(bench, "signIn", "ada", "wrong");
    expect(browser.key).toBe(key);
    await call(bench, "signIn", "ada", "correct horse");
    expect(browser.key).not.toBe(key);
    const signedInKey = browser.key;
    await call(bench, "signIn", "grace", "wrong");
    expect([browser.key, await browser.whoAmI()]).toEqual([signedInKey, "ada"]);
    await call(bench, "look");
    expect(copy()).toMatchObject({ theme: "dark" });
  });

  it("an event that fails after login has signed nobody in", async () => {
    const { bench } = open();
    expect(await call(bench, "failAfterSignIn", "ada", "correct horse")).toMatchObject({ message: "after all" });
    expect(await browser.whoAmI()).toBe("");
  });

  it("row 85: logout ends the session, so that nobody is signed in", async () => {
    const { bench, copy } = open();
    await call(bench, "signIn", "ada", "correct horse");
    const thief = browser.copy();
    expect(await call(bench, "signOut")).toBeUndefined();
    expect(copy()).toMatchObject({ name: "" });
    expect([await browser.whoAmI(), await thief.whoAmI()]).toEqual(["", ""]);
  });

  it("too many tries are told as AUTH_THROTTLED, and are no failed login of the state", async () => {
    await app.close();
    const begin = async () => {
      throw passwordErrors.AUTH_THROTTLED(60);
    };
    app = new AuthApp(await memoryDatabase(), { throttle: { begin, succeed: async () => {}, refund: async () => {} } });
    browser = app.browser();
    const { bench, copy } = open();
    expect(await call(bench, "signIn", "ada", "correct horse")).toMatchObject({ code: "AUTH_THROTTLED", status: 429 });
    expect(copy()).toMatchObject({ answers: [], failures: 0 });
  });
});
