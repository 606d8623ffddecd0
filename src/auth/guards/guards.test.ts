import fastify from "fastify";
import { describe, expect, it, test } from "vitest";
import { anonymousUser } from "../../bridge/anonymous-user.ts";
import type { RequestUser } from "../../bridge/request-types.ts";
import type { AntiphonError } from "../../errors.ts";
import { matchPage, type PageDefinition, type PageGuard, pageTable, type RouterLocation } from "../../protocol/page.ts";
import { toast } from "../../state/effects.ts";
import { event } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { Bench } from "../../state/state-tree.fixture.ts";
import { AppState } from "../app-state.ts";
import * as rules from "../pages/index.ts";
import { fakeUser, Visitor } from "../visitor.fixture.ts";
import { groupRequired, loginRequired, permissionRequired, staffRequired, superuserRequired } from "./guards.ts";
import { guardedPages } from "./page-guards.ts";

const CHANGE = "notes.change_note";
const ran: string[] = [];

class DoorState extends State {
  static override events = {
    login: event({ guard: loginRequired() }),
    sso: event({ guard: loginRequired({ loginUrl: "https://sso.example/in?app=1" }) }),
    archive: event({ guard: permissionRequired(CHANGE) }),
    both: event({ guard: permissionRequired([CHANGE, "notes.add_note"]) }),
    told: event({ guard: permissionRequired(CHANGE, { onDenied: ({ event }) => toast.info(`not ${event}`) }) }),
    sly: event({ guard: permissionRequired(CHANGE, { onDenied: () => true }) }),
    desk: event({ guard: groupRequired("Editors", "Chiefs") }),
    far: event({ guard: groupRequired(["Editors", "Chiefs"], { loginUrl: "/staff/login" }) }),
    staff: event({ guard: staffRequired() }),
    root: event({ guard: superuserRequired() }),
  };
  login() {
    ran.push("login");
  }
  sso() {
    ran.push("sso");
  }
  archive() {
    ran.push("archive");
  }
  both() {
    ran.push("both");
  }
  told() {
    ran.push("told");
  }
  sly() {
    ran.push("sly");
  }
  desk() {
    ran.push("desk");
  }
  far() {
    ran.push("far");
  }
  staff() {
    ran.push("staff");
  }
  root() {
    ran.push("root");
  }
}

class KindState extends AppState {
  static override events = { archive: event({ guard: permissionRequired(CHANGE) }) };
  archive() {
    ran.push("archive");
  }
}

class OwnWordsState extends KindState {
  protected override async onPermissionDenied(): Promise<unknown> {
    return [toast.warning(`${this.user.username}, ask the chief`), true, "nonsense"];
  }
}

class SilentState extends KindState {
  protected override onPermissionDenied(): unknown {
    return true;
  }
}

class ClosedState extends State {
  static override guard = loginRequired();
  static override events = { look: event() };
  secret = "rows";
  look() {
    ran.push("look");
  }
}

const at = (path: string, query: Record<string, string> = {}): RouterLocation => ({
  path,
  route: path,
  params: {},
  query,
});

function open(user: RequestUser = anonymousUser, location = at("/notes", { tab: "2", q: "a&b" })) {
  ran.length = 0;
  const bench = new Bench({ DoorState, KindState, OwnWordsState, SilentState, ClosedState });
  bench.tree.setRouter(location);
  const visitor = new Visitor(user);
  const call = async (stateClass: Parameters<Bench["call"]>[0], name: string) =>
    (await visitor.in(() => bench.call(stateClass, name))) as AntiphonError | undefined;
  return { bench, visitor, call };
}

const LOGIN = "/login?next=%2Fnotes%3Ftab%3D2%26q%3Da%2526b";

describe("A guard of an event", () => {
  it.each(["login", "archive", "told", "desk", "staff", "root"])(
    "row 91, AUT-17: sends somebody who is not signed in from %s to the login page, with the way back",
    async (name) => {
      const { bench, call } = open();
      expect(await call(DoorState, name)).toBeUndefined();
      expect(bench.effects).toEqual([{ effect: "redirect", to: LOGIN, replace: false, external: false }]);
      expect(ran).toEqual([]);
    },
  );

  it("AUT-17: the way back is a whole URL only for a login page of another site", async () => {
    const { bench, call } = open();
    await call(DoorState, "sso");
    expect(bench.effects).toEqual([
      {
        effect: "redirect",
        to: "https://sso.example/in?app=1&next=http%3A%2F%2Fapp.example%2Fnotes%3Ftab%3D2%26q%3Da%2526b",
        replace: false,
        external: true,
      },
    ]);
  });

  it("AUT-17: a guard of groups has a login page of its own as the others have", async () => {
    const { bench, call } = open();
    await call(DoorState, "far");
    expect(bench.effects).toEqual([expect.objectContaining({ effect: "redirect", to: `/staff${LOGIN}` })]);
    expect(await open(fakeUser({ groups: ["Chiefs"] })).call(DoorState, "far")).toBeUndefined();
    expect(ran).toEqual(["far"]);
    const names = ["Editors"];
    expect(rules.groupRequired("Editors", { loginUrl: "/in" })).toMatchObject({
      needs: "group",
      names,
      loginUrl: "/in",
    });
    expect(rules.groupRequired(names, { loginUrl: "/in" })).toEqual(
      rules.groupRequired("Editors", { loginUrl: "/in" }),
    );
  });

  it("AUT-17: who is on the login page is sent nowhere, and refused", async () => {
    for (const path of ["/login", "/login/"]) {
      const { bench, call } = open(anonymousUser, at(path, { next: "/notes" }));
      expect((await call(DoorState, "login"))?.code).toBe("EVENT_REFUSED");
      expect(bench.effects).toEqual([]);
    }
  });

  it("AUT-17: signed in without the right is never sent to the login page", async () => {
    const { bench, call } = open(fakeUser());
    for (const name of ["archive", "both", "desk", "staff", "root"]) {
      expect((await call(DoorState, name))?.code, name).toBe("EVENT_REFUSED");
    }
    expect(bench.effects).toEqual([]);
    expect(ran).toEqual([]);
  });

  it("runs the event of somebody who has the right", async () => {
    const user = fakeUser({ perms: [CHANGE, "notes.add_note"], groups: ["Chiefs"], isStaff: true });
    const { bench, call } = open(user);
    for (const name of ["login", "archive", "both", "told", "desk", "staff"]) {
      expect(await call(DoorState, name), name).toBeUndefined();
    }
    expect(ran).toEqual(["login", "archive", "both", "told", "desk", "staff"]);
    expect(bench.effects).toEqual([]);
  });

  it("rows 94, 213: of several permissions all are needed, of several groups any", async () => {
    const { call } = open(fakeUser({ perms: [CHANGE], groups: ["Editors"] }));
    expect((await call(DoorState, "both"))?.code).toBe("EVENT_REFUSED");
    expect(await call(DoorState, "desk")).toBeUndefined();
    expect(ran).toEqual(["desk"]);
  });

  it("rows 88, 94: answers a denial with onDenied, or with what the AppState says", async () => {
    const { bench, call } = open(fakeUser());
    await call(DoorState, "told");
    await call(KindState, "archive");
    await call(OwnWordsState, "archive");
    expect(bench.effects).toMatchObject([
      { effect: "toast", level: "info", message: "not told" },
      { effect: "toast", level: "error", message: "You do not have permission to perform this action." },
      { effect: "toast", level: "warning", message: "ada, ask the chief" },
    ]);
    expect(ran).toEqual([]);
  });

  it("a hook that answers true does not let the call through", async () => {
    const { call } = open(fakeUser());
    expect((await call(DoorState, "sly"))?.code).toBe("EVENT_REFUSED");
    expect((await call(SilentState, "archive"))?.code).toBe("EVENT_REFUSED");
    expect(ran).toEqual([]);
  });

  it("row 213, PRM-4: an active superuser has every permission, but is in no group and not of the staff by that", async () => {
    const { call } = open(fakeUser({ isSuperuser: true }));
    expect(await call(DoorState, "archive")).toBeUndefined();
    expect(await call(DoorState, "root")).toBeUndefined();
    expect((await call(DoorState, "desk"))?.code).toBe("EVENT_REFUSED");
    expect((await call(DoorState, "staff"))?.code).toBe("EVENT_REFUSED");
    expect(ran).toEqual(["archive", "root"]);
  });

  it("PRM-5: an inactive user has no right at all, whatever the flags say", async () => {
    const user = fakeUser({ isActive: false, isSuperuser: true, isStaff: true, perms: [CHANGE], groups: ["Editors"] });
    const { call } = open(user);
    for (const name of ["archive", "desk", "staff", "root"]) {
      expect((await call(DoorState, name))?.code, name).toBe("EVENT_REFUSED");
    }
    expect(ran).toEqual([]);
  });

  it("PRM-6: somebody who is not signed in has what a back end grants him, and nothing else", async () => {
    const granted: RequestUser = {
      ...anonymousUser,
      hasPerms: async (all) => all.every((permission) => permission === CHANGE),
    };
    const { bench, call } = open(granted);
    await call(DoorState, "archive");
    expect(ran).toEqual(["archive"]);
    await call(DoorState, "both");
    expect(ran).toEqual(["archive"]);
    expect(bench.effects).toMatchObject([{ effect: "redirect", to: LOGIN }]);
  });

  it("RT-3, RT-4: asks about the user of each call, not about that of an earlier one", async () => {
    const { visitor, call } = open(fakeUser({ perms: [CHANGE] }));
    expect(await call(DoorState, "archive")).toBeUndefined();
    visitor.user = fakeUser();
    expect((await call(DoorState, "archive"))?.code).toBe("EVENT_REFUSED");
    visitor.user = fakeUser({ perms: [CHANGE] });
    expect(await call(DoorState, "archive")).toBeUndefined();
    expect(ran).toEqual(["archive", "archive"]);
  });

  it("outside of a request everybody counts as not signed in", async () => {
    const { bench } = open();
    expect(await bench.call(DoorState, "archive")).toBeUndefined();
    expect(bench.effects).toMatchObject([{ effect: "redirect", to: LOGIN }]);
    expect(ran).toEqual([]);
  });
});

describe("A guard of a state", () => {
  it("W7: keeps its vars and its events from who is not signed in", async () => {
    const { bench, visitor, call } = open();
    expect(await visitor.in(() => bench.runner.ask("test.ClosedState"))).toMatchObject({
      effect: "redirect",
      to: LOGIN,
    });
    await call(ClosedState, "look");
    expect(ran).toEqual([]);
    visitor.user = fakeUser();
    expect(await visitor.in(() => bench.runner.ask("test.ClosedState"))).toBe(true);
    await call(ClosedState, "look");
    expect(ran).toEqual(["look"]);
  });

  it("AUT-17: on the login page it refuses without a redirect", async () => {
    const { bench, visitor } = open(anonymousUser, at("/login"));
    expect(await visitor.in(() => bench.runner.ask("test.ClosedState"))).toBe(false);
  });
});

describe.each([
  [
    "the guards of antiphon/auth",
    { loginRequired, permissionRequired, groupRequired, staffRequired, superuserRequired },
  ],
  ["the rules of antiphon/auth/pages", rules],
])("Row 90: a page with %s", (_, make) => {
  const [page] = guardedPages([{ route: "/notes", guard: make.permissionRequired(CHANGE) }]) as [PageDefinition];
  const ask = (guard: PageGuard | undefined, user: RequestUser, location = at("/notes")) =>
    new Visitor(user).in(() => guard?.(location), { kind: "page", url: "/elsewhere" });
  const guards = guardedPages(
    [
      make.loginRequired(),
      make.permissionRequired([CHANGE]),
      make.groupRequired("Editors"),
      make.staffRequired(),
      make.superuserRequired(),
    ].map((guard, index) => ({ route: `/${index}`, guard })),
  ).map(({ guard }) => guard);

  it("row 92, AUT-17: redirects who is not signed in, with the way back", async () => {
    for (const guard of guards) {
      expect(await ask(guard, anonymousUser, at("/notes", { tab: "2" }))).toEqual({
        effect: "redirect",
        to: "/login?next=%2Fnotes%3Ftab%3D2",
        replace: true,
        external: false,
      });
    }
  });

  it("row 95, AUT-17: refuses who is signed in without the right, so that there is no login loop", async () => {
    expect(await Promise.all(guards.map((guard) => ask(guard, fakeUser())))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    const all = fakeUser({ perms: [CHANGE], groups: ["Editors"], isStaff: true, isSuperuser: true });
    expect(await Promise.all(guards.map((guard) => ask(guard, all)))).toEqual(guards.map(() => true));
  });

  it("AUT-17: a login page that is guarded itself does not redirect to itself", async () => {
    expect(await ask(guards[0], anonymousUser, at("/login", { next: "/" }))).toBe(false);
    const [own] = guardedPages([{ route: "/in", guard: make.loginRequired({ loginUrl: "/in?by=mail" }) }]);
    expect(await ask(own?.guard, anonymousUser, at("/in"))).toBe(false);
    expect(await ask(own?.guard, anonymousUser, at("/"))).toMatchObject({ to: "/in?by=mail&next=%2F" });
  });

  it("PRM-4: a superuser needs a group's membership as everybody", async () => {
    const root = fakeUser({ isSuperuser: true });
    expect(await Promise.all(guards.map((guard) => ask(guard, root)))).toEqual([true, true, false, false, true]);
  });

  it("the way back of a page's own request keeps the query as it was asked for", async () => {
    const { location } = matchPage(pageTable([page]), "/notes?tag=a&tag=b");
    const answer = new Visitor().in(() => page.guard?.(location), { kind: "page", url: "/notes?tag=a&tag=b" });
    expect(await answer).toMatchObject({ to: "/login?next=%2Fnotes%3Ftag%3Da%26tag%3Db" });
  });
});

test("a page keeps its own guard and all else, and `antiphon routes` finds the rule's name", () => {
  const own = () => true;
  const pages = guardedPages([
    { route: "/a", guard: own, title: "A" },
    { route: "/b" },
    { route: "/c", guard: rules.groupRequired("Editors") },
  ]);
  expect(pages).toEqual([
    { route: "/a", guard: own, title: "A" },
    { route: "/b" },
    { route: "/c", guard: expect.any(Function) },
  ]);
  expect(pages[2]?.guard?.name).toBe("groupRequired");
});

describe("A page for visitors who are not signed in", () => {
  const at = (path: string, next?: string): RouterLocation => ({
    path,
    route: path,
    params: {},
    query: next === undefined ? {} : { next },
  });
  const ask = (user: RequestUser, location: RouterLocation, redirectUrl?: string) => {
    const rule = rules.anonymousRequired(redirectUrl === undefined ? {} : { redirectUrl });
    return new Visitor(user).in(() => guardedPages([{ route: "/login", guard: rule }])[0]?.guard?.(location));
  };

  it("row 93, AUT-18: shows itself to them, and sends on who is signed in", async () => {
    expect(await ask(anonymousUser, at("/login", "/notes"))).toBe(true);
    const onward = { effect: "redirect", replace: true, external: false };
    expect(await ask(fakeUser(), at("/login"))).toEqual({ ...onward, to: "/" });
    expect(await ask(fakeUser(), at("/login"), "/home?a=1")).toEqual({ ...onward, to: "/home?a=1" });
    expect(await ask(fakeUser(), at("/login", "/notes?tab=2"))).toEqual({ ...onward, to: "/notes?tab=2" });
  });

  it("AUT-18: a redirect to itself raises", async () => {
    await expect(ask(fakeUser(), at("/login"), "/login?again=1")).rejects.toMatchObject({ code: "AUTH_REDIRECT_LOOP" });
    // What a visitor asks for is no mistake of the author.
    expect(await ask(fakeUser(), at("/login", "/login?next=/login"))).toMatchObject({ to: "/" });
  });

  it("SEC-16, NXT-3: a way on to another site is not taken", async () => {
    for (const next of [
      "https://evil.example/",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "/..//evil.example",
    ]) {
      expect(await ask(fakeUser(), at("/login", next)), next).toMatchObject({ to: "/", external: false });
    }
  });
});

test.each([
  ["two slashes", "//evil.example/x"],
  ["a backslash", "/\\evil.example"],
  ["a folder up", "/..//evil.example"],
  ["three slashes", "///evil.example"],
  ["a whole URL", "http://evil.example/"],
  ["a great length", `/${"x".repeat(3000)}`],
])("SEC-16, NXT-4: a path with %s is no way back to another site", async (_, path) => {
  const answer = await new Visitor().in(() => loginRequired()(at(path)));
  const { to } = answer as { to: string };
  expect(to.startsWith("/login")).toBe(true);
  const next = new URL(to, "http://app.example").searchParams.get("next");
  if (next !== null) expect(new URL(next, "http://app.example").origin).toBe("http://app.example");
  expect(next?.startsWith("//") ?? false).toBe(false);
});

describe("A guard of an HTTP view", () => {
  async function views(user: RequestUser) {
    const app = fastify();
    const visitor = new Visitor(user);
    app.addHook("onRequest", (request, _, done) => {
      visitor.in(done, { kind: "view", url: request.url });
    });
    app.get("/api/me", { preHandler: loginRequired() }, async () => "me");
    app.post("/api/notes", { preHandler: [loginRequired(), permissionRequired(CHANGE)] }, async () => "saved");
    app.get("/api/notes", { preHandler: permissionRequired(CHANGE) }, async () => "notes");
    app.get("/login", { preHandler: loginRequired() }, async () => "form");
    return {
      get: (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers }),
      post: (url: string, headers: Record<string, string> = {}) => app.inject({ method: "POST", url, headers }),
    };
  }
  const HTML = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

  it("AUT-17: redirects a browser that navigates, and tells a script 401 AUTH_REQUIRED", async () => {
    const { get, post } = await views(anonymousUser);
    const navigation = await get("/api/me?a=1&a=2", { ...HTML, "sec-fetch-mode": "navigate" });
    expect([navigation.statusCode, navigation.headers.location]).toEqual([
      302,
      "/login?next=%2Fapi%2Fme%3Fa%3D1%26a%3D2",
    ]);
    expect((await get("/api/me", HTML)).statusCode).toBe(302);
    for (const answer of [
      await get("/api/me"),
      await get("/api/me", { accept: "application/json" }),
      await get("/api/me", { ...HTML, "sec-fetch-mode": "cors" }),
      await post("/api/notes", HTML),
      await get("/login", HTML),
    ]) {
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: "AUTH_REQUIRED" });
      expect(answer.headers.location).toBeUndefined();
    }
  });

  it("AUT-17: of a whole plugin lets everybody see the views that say so, and no others", async () => {
    const app = fastify();
    const visitor = new Visitor(anonymousUser);
    app.addHook("onRequest", (request, _, done) => visitor.in(done, { kind: "view", url: request.url }));
    app.addHook("preHandler", loginRequired());
    app.get("/closed", async () => "closed");
    app.get("/open", { config: { loginRequired: false } }, async () => "open");
    app.get("/said", { config: { loginRequired: true } }, async () => "said");
    const open = { config: { loginRequired: false }, preHandler: permissionRequired(CHANGE) };
    app.get("/permission", open, async () => "permission");
    const status = async (url: string) => (await app.inject(url)).statusCode;
    expect(await Promise.all(["/closed", "/open", "/said", "/permission"].map(status))).toEqual([401, 200, 401, 401]);
    visitor.user = fakeUser();
    expect(await Promise.all(["/closed", "/open", "/said", "/permission"].map(status))).toEqual([200, 200, 200, 403]);
  });

  it("AUT-17: tells who is signed in without the right 403 AUTH_FORBIDDEN, also when a browser navigates", async () => {
    const { get, post } = await views(fakeUser());
    expect((await get("/api/me", HTML)).body).toBe("me");
    for (const answer of [await get("/api/notes", HTML), await post("/api/notes")]) {
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: "AUTH_FORBIDDEN" });
    }
  });

  it("lets who has the right through", async () => {
    const { get, post } = await views(fakeUser({ perms: [CHANGE] }));
    expect([(await get("/api/notes", HTML)).body, (await post("/api/notes")).body]).toEqual(["notes", "saved"]);
  });
});

describe("A guard that would let everybody in, or nobody, is refused when it is made", () => {
  it("a guard of users where nobody is signed in, at the start", () => {
    class UnboundState extends State {
      static override bridge = "none" as const;
      static override guard = loginRequired();
    }
    class UnboundEventState extends State {
      static override guard = loginRequired();
      static override events = { look: event({ bridge: "none" }) };
      look() {}
    }
    class UnboundGuardState extends State {
      static override bridge = "none" as const;
      static override events = { look: event({ guard: staffRequired() }) };
      look() {}
    }
    class BoundState extends State {
      static override bridge = "none" as const;
      static override events = { look: event({ guard: staffRequired(), bridge: "session" }), spin: event() };
      look() {}
      spin() {}
    }
    for (const [stateClass, name] of [
      [UnboundState, "UnboundState"],
      [UnboundEventState, "UnboundEventState.look"],
      [UnboundGuardState, "UnboundGuardState.look"],
    ] as const) {
      const message = expect.stringContaining(`${name} is guarded`);
      expect(() => new Bench({ stateClass })).toThrow(
        expect.objectContaining({ code: "STATE_GUARD_UNREACHABLE", message }),
      );
    }
    expect(() => new Bench({ BoundState })).not.toThrow();
  });

  it.each<[string, () => unknown]>([
    ["no permission", () => permissionRequired([])],
    ["a permission without its app", () => permissionRequired("change_note")],
    ["a permission that is no text", () => permissionRequired([undefined as never])],
    ["no group", () => groupRequired()],
    ["a group without a name", () => groupRequired(" ")],
    ["options in place of a group", () => groupRequired({ loginUrl: "/in" } as never)],
    ["a loginUrl of no scheme", () => loginRequired({ loginUrl: "login" })],
    ["a loginUrl that a browser reads as a host", () => loginRequired({ loginUrl: "//evil.example" })],
    ["a loginUrl that runs a script", () => staffRequired({ loginUrl: "javascript:alert(1)" })],
    ["a rule of no permission", () => guardedPages([{ route: "/", guard: rules.permissionRequired([]) }])],
    ["a rule with an unknown need", () => guardedPages([{ route: "/", guard: { kind: "guard-rule" } as never }])],
  ])("%s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "AUTH_GUARD_INVALID" }));
  });
});
