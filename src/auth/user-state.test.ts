import { describe, expect, it, test } from "vitest";
import { anonymousUser } from "../bridge/anonymous-user.ts";
import { setDefaultDatabase } from "../models/database/context.ts";
import { classInfo, type StateClass } from "../state/class-info.ts";
import { StateRegistry } from "../state/registry.ts";
import type { State } from "../state/state.ts";
import { Bench } from "../state/state-tree.fixture.ts";
import { memoryDatabase } from "./identity/auth.fixture.ts";
import { bindAuth } from "./identity/auth.ts";
import { UserState } from "./user-state.ts";
import { userSnapshot } from "./users/user-snapshot.ts";
import { fakeUser, Visitor } from "./visitor.fixture.ts";

const NOBODY = {
  userId: null,
  username: "",
  email: "",
  firstName: "",
  lastName: "",
  isAuthenticated: false,
  isStaff: false,
  isSuperuser: false,
  groupNames: [],
};
const ADA = {
  userId: 7,
  username: "ada",
  email: "ada@example.org",
  firstName: "Ada",
  lastName: "Lovelace",
  isAuthenticated: true,
  isStaff: false,
  isSuperuser: false,
  groupNames: [],
};

class InitialsState extends UserState {
  get initials() {
    return this.firstName.slice(0, 1) + this.lastName.slice(0, 1);
  }
}

class GreetingState extends UserState {
  get greeting() {
    return `Hello ${this.state(UserState).username}`;
  }
}

function open(visitor: Visitor, stateClass: StateClass = UserState) {
  const bench = new Bench({ InitialsState, GreetingState, UserState });
  const instance = bench.instance(stateClass);
  bench.watch(stateClass);
  const hook = (name: "onConnect" | "onIdentityChange", of: State = instance) =>
    visitor.in(() => bench.write(() => (of as unknown as Record<typeof name, () => Promise<void>>)[name]()));
  return { bench, hook, copy: () => bench.copy(stateClass) };
}

describe("UserState", () => {
  it("rows 47, 52: shows who is signed in when the tab connects, and follows when that changes", async () => {
    const visitor = new Visitor(fakeUser());
    const { hook, copy } = open(visitor);
    expect(copy()).toEqual(NOBODY);
    expect(await hook("onConnect")).toBeUndefined();
    expect(copy()).toEqual(ADA);
    visitor.user = fakeUser({ firstName: "Augusta", isStaff: true });
    await hook("onIdentityChange");
    expect(copy()).toEqual({ ...ADA, firstName: "Augusta", isStaff: true });
    visitor.user = anonymousUser;
    await hook("onIdentityChange");
    expect(copy()).toEqual(NOBODY);
  });

  it("W39: asks for no groups and sends nothing when nothing has changed", async () => {
    const asked: string[] = [];
    const { bench, hook } = open(new Visitor(fakeUser({ groups: ["Editors"] }, asked)));
    await hook("onConnect");
    await hook("onIdentityChange");
    expect(asked).toEqual([]);
    expect(bench.lastChanges).toBeUndefined();
  });

  it("row 49: sync takes over who is signed in, and the page may not say who that is", async () => {
    const visitor = new Visitor(fakeUser());
    const { bench, copy } = open(visitor);
    expect(await visitor.in(() => bench.call(UserState, "sync"))).toBeUndefined();
    expect(copy()).toEqual(ADA);
    expect(await visitor.in(() => bench.call(UserState, "sync", true))).toMatchObject({ code: "EVENT_ARGS_INVALID" });
    for (const name of ["refreshUser", "onConnect", "onIdentityChange", "user", "session", "request"]) {
      expect(await visitor.in(() => bench.call(UserState, name)), name).toMatchObject({ code: "EVENT_UNKNOWN" });
    }
  });

  it("rows 50, 51: has the names of groups when the server asks for them", async () => {
    const visitor = new Visitor(fakeUser({ groups: ["Chiefs", "Editors"] }));
    const { bench, copy } = open(visitor);
    await visitor.in(() => bench.write(() => bench.instance(UserState).refreshUser(true)));
    expect(copy()).toEqual({ ...ADA, groupNames: ["Chiefs", "Editors"] });
    visitor.user = { ...anonymousUser, groupNames: async () => ["Ghosts"] };
    await visitor.in(() => bench.write(() => bench.instance(UserState).refreshUser(true)));
    expect(copy()).toEqual(NOBODY);
  });

  it("rows 51, 52: obeys autoSync and snapshotGroups", async () => {
    await using database = await memoryDatabase();
    setDefaultDatabase(database);
    try {
      const visitor = new Visitor(fakeUser({ groups: ["Editors"] }));
      bindAuth(database, { autoSync: false, snapshotGroups: true });
      const { bench, hook, copy } = open(visitor);
      await hook("onConnect");
      await hook("onIdentityChange");
      expect(copy()).toEqual(NOBODY);
      await visitor.in(() => bench.call(UserState, "sync"));
      expect(copy()).toEqual({ ...ADA, groupNames: ["Editors"] });
    } finally {
      setDefaultDatabase(undefined);
    }
  });

  it("is a base to extend, and its vars may be read by other states' getters", async () => {
    const visitor = new Visitor(fakeUser());
    const extended = open(visitor, InitialsState);
    await extended.hook("onConnect");
    expect(extended.copy()).toEqual({ ...ADA, initials: "AL" });
    const other = open(visitor, GreetingState);
    expect(other.copy()).toMatchObject({ greeting: "Hello " });
    await other.hook("onConnect", other.bench.instance(UserState));
    expect(other.copy()).toMatchObject({ greeting: "Hello ada" });
  });

  it("is there without a module that exports it", () => {
    expect(new StateRegistry([{ UserState }]).ids()).toEqual(["antiphon.UserState"]);
    expect(classInfo(InitialsState).id).toBe("test.InitialsState");
  });
});

describe("userSnapshot", () => {
  it("row 48: is plain data of the user, with an id of any kind", () => {
    expect(userSnapshot(fakeUser({ id: "0198c4f2", isSuperuser: true }), ["Editors"])).toEqual({
      id: "0198c4f2",
      username: "ada",
      email: "ada@example.org",
      firstName: "Ada",
      lastName: "Lovelace",
      isAuthenticated: true,
      isStaff: false,
      isSuperuser: true,
      groupNames: ["Editors"],
    });
  });

  test("row 48: of nobody it is empty, whatever else is given", () => {
    const odd = fakeUser({ isAuthenticated: false, isStaff: true, isSuperuser: true });
    const { userId: id, ...rest } = NOBODY;
    expect(userSnapshot(odd, ["Editors"])).toEqual({ id, ...rest });
    expect(userSnapshot(anonymousUser)).toEqual({ id, ...rest });
  });
});
