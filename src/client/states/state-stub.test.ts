import { expect, test } from "vitest";
import { nearNames } from "./near-names.ts";
import { on, stateName, stateStub, stubInfo } from "./state-stub.ts";

const stub = stateStub({ id: "admin/users.UsersState", vars: ["rows"], computed: [], events: ["refresh"], fields: [] });
// What a state class looks like to types; in the browser it is a stub.
const UsersState = stub as unknown as {
  new (): { refresh(page: number): void };
  events: { refresh: { kind: "event" } };
  fields: object;
};

test("a stub tells the class's name and what it holds", () => {
  expect(stubInfo(stub)?.vars).toEqual(["rows"]);
  expect(stateName(stub.info)).toBe("UsersState");
  expect(Object.isFrozen(stub)).toBe(true);
});

test("on() binds arguments and calls nothing", () => {
  expect(on(UsersState, "refresh", 2)).toEqual({ kind: "event-reference", state: stub, event: "refresh", args: [2] });
});

test("on() keeps a class of the server as it is", () => {
  class ServerState {
    static readonly events = { load: { kind: "event" as const } };
    static readonly fields = {};
    load(): void {}
  }
  expect(on(ServerState, "load").state).toBe(ServerState);
});

test("on() names the nearest event for one that is unknown", () => {
  expect(() => on(UsersState, "refesh" as "refresh", 1)).toThrow(
    /UsersState has no event "refesh".*"refresh".*event\(\)/,
  );
});

test("on() refuses what is no state", () => {
  expect(() => on({} as never, "x" as never)).toThrow(expect.objectContaining({ code: "CLIENT_NOT_A_STATE" }));
});

test("near names come first, and all names when none is near", () => {
  expect(nearNames("titel", ["count", "title"])).toBe('"title" (of "title", "count")');
  expect(nearNames("zzz", ["count", "title"])).toBe('one of "count", "title"');
  expect(nearNames("x", [])).toBe("no name: there is none yet");
});
