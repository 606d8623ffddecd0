import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AntiphonError } from "../errors.ts";
import { markGuardFactories } from "../protocol/page.ts";
import { classInfo, type StateClass, tagStates } from "./class-info.ts";
import { event } from "./event.ts";
import { StateRegistry } from "./registry.ts";
import { State } from "./state.ts";

let modules = 0;

/** Reads a class as the server does at its start, and returns the error. */
function check(stateClass: StateClass): AntiphonError {
  tagStates(`checks${modules++}`, { [stateClass.name]: stateClass });
  try {
    new StateRegistry([{ [stateClass.name]: stateClass }]);
  } catch (error) {
    expect(error).toBeInstanceOf(AntiphonError);
    return error as AntiphonError;
  }
  throw new Error(`${stateClass.name} was taken`);
}

describe("A state class that is not well formed is refused at the start with the author's own names", () => {
  it("refuses a listed event that is no method, and hints at a method of nearly that name", () => {
    class CartState extends State {
      static override events = { additem: event() };
      addItem() {}
    }
    const error = check(CartState);
    expect(error.code).toBe("STATE_EVENT_NOT_A_METHOD");
    expect(error.message).toContain('CartState.events lists "additem"');
    expect(error.message).toContain('Did you mean "addItem"?');
    class EmptyState extends State {
      static override events = { gone: event() };
    }
    expect(check(EmptyState).message).toContain("Add the method, or remove the entry.");
  });

  it("refuses a listed event that is a getter", () => {
    class GetterState extends State {
      static override events = { total: event() };
      get total() {
        return 1;
      }
    }
    expect(check(GetterState).code).toBe("STATE_EVENT_NOT_A_METHOD");
  });

  it("refuses an arrow function in a field, whether it is listed or not", () => {
    class ArrowState extends State {
      static override events = { save: event() };
      save = () => {};
    }
    const error = check(ArrowState);
    expect(error.code).toBe("STATE_FUNCTION_FIELD");
    expect(error.message).toContain("ArrowState.save");
    expect(error.message).toContain("Write: save() { … }");
  });

  it("refuses an entry of events that event() did not make", () => {
    class BareState extends State {
      static override events = { save: true };
      save() {}
    }
    const error = check(BareState);
    expect(error.code).toBe("STATE_EVENT_INVALID");
    expect(error.message).toContain("BareState.events.save");
    expect(error.message).toContain("Got a boolean");
  });

  it("refuses a listed event with a leading underscore", () => {
    class HiddenState extends State {
      static override events = { _save: event() };
      _save() {}
    }
    const error = check(HiddenState);
    expect(error.code).toBe("STATE_EVENT_HIDDEN");
    expect(error.message).toContain('"_save"');
  });

  it("refuses an event whose method takes more arguments than are parsed", () => {
    class LooseState extends State {
      static override events = { move: event({ args: [z.number()] }) };
      move(_from: number, _to: number) {}
    }
    const error = check(LooseState);
    expect(error.code).toBe("STATE_EVENT_ARGS_MISSING");
    expect(error.message).toContain("LooseState.move takes 2 argument(s)");
    expect(error.message).toContain("parses 1");
  });

  it.each([
    "constructor",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "then",
    "toJSON",
    "state",
    "update",
    "reset",
    "router",
    "signal",
    "onConnect",
    "onDisconnect",
    "onExpire",
  ])("refuses to list %s as an event", (name) => {
    class NamedState extends State {
      static override events = Object.fromEntries([[name, event()]]);
    }
    const error = check(NamedState);
    expect(error.code).toBe("STATE_NAME_RESERVED");
    expect(error.message).toContain(`NamedState.${name}`);
  });

  it("refuses a var, a getter or a method with a name of the framework", () => {
    class VarState extends State {
      toJSON = 1;
    }
    class RouterState extends State {
      override get router() {
        return { path: "/", route: "", params: {}, query: {} };
      }
    }
    class ThenState extends State {
      // biome-ignore lint/suspicious/noThenProperty: it is what is refused
      then() {}
    }
    for (const [stateClass, name] of [
      [VarState, "toJSON"],
      [RouterState, "router"],
      [ThenState, "then"],
    ] as const) {
      const error = check(stateClass);
      expect([error.code, error.message.includes(`${stateClass.name}.${name}`)]).toEqual(["STATE_NAME_RESERVED", true]);
    }
  });

  it("refuses a var that has the name of a getter or a method", () => {
    class Base extends State {
      get total() {
        return 1;
      }
      clear() {}
    }
    class GetterClash extends Base {
      // @ts-expect-error TypeScript refuses it too; JavaScript does not
      override total = 2;
    }
    class MethodClash extends Base {
      // @ts-expect-error TypeScript refuses it too; JavaScript does not
      override clear = 3;
    }
    expect(check(GetterClash)).toMatchObject({
      code: "STATE_NAME_CLASH",
      message: expect.stringContaining("GetterClash.total"),
    });
    expect(check(MethodClash)).toMatchObject({
      code: "STATE_NAME_CLASH",
      message: expect.stringContaining("MethodClash.clear"),
    });
  });

  it("refuses fields that are no var, hidden, or without a schema", () => {
    class UnknownField extends State {
      static override fields = { title: z.string() };
    }
    class HiddenField extends State {
      static override fields = { _title: z.string() };
      _title = "";
    }
    class BareField extends State {
      static override fields = { title: String };
      title = "";
    }
    for (const [stateClass, reason] of [
      [UnknownField, "is no var"],
      [HiddenField, "underscore"],
      [BareField, "no Standard Schema"],
    ] as const) {
      const error = check(stateClass);
      expect(error.code).toBe("STATE_FIELD_INVALID");
      expect(error.message).toContain(`${stateClass.name}.fields.`);
      expect(error.message).toContain(reason);
    }
  });

  it("names the nearest var for a misspelt field, and the wrong entry of fieldsBelongTo", () => {
    class SearchState extends State {
      static override fields = { qurey: z.string() };
      query = "";
    }
    class RowState extends State {
      static override fieldsBelongTo = ["id", "stpe"];
      id = 1;
      step = 1;
    }
    expect(check(SearchState).message).toContain('(did you mean "query"?). Expected');
    expect(check(SearchState).message).toContain("static fields = { query: z.string() }");
    expect(check(RowState).message).toContain('Got "stpe" (did you mean "step"?)');
  });

  it("refuses a guard that was not called", () => {
    const loginRequired = () => () => true;
    markGuardFactories(loginRequired);
    class NotesState extends State {
      static override guard = loginRequired as never;
    }
    expect(check(NotesState)).toMatchObject({
      code: "STATE_OPTION_INVALID",
      message: expect.stringContaining("call it: loginRequired()"),
    });
    expect(() => event({ guard: loginRequired as never })).toThrow("call it: loginRequired()");
  });

  it.each([
    ["no list", "id"],
    ["what is no var", ["idd"]],
    ["what the page does not see", ["_secret"]],
  ])("refuses in fieldsBelongTo %s, and takes vars and getters", (_what, names) => {
    class RowState extends State {
      static override fieldsBelongTo = ["id", "step"];
      id = 1;
      _secret = 2;
      get step() {
        return this.id;
      }
    }
    class WrongState extends RowState {
      static override fieldsBelongTo = names as string[];
    }
    tagStates("rows", { RowState });
    expect(classInfo(RowState).belongsTo).toEqual(["id", "step"]);
    expect(check(WrongState)).toMatchObject({
      code: "STATE_OPTION_INVALID",
      message: expect.stringContaining("WrongState.fieldsBelongTo"),
    });
  });

  it.each([
    ["a function", () => ({ deep: [{ run: () => 1 }] }), "ValueState.value.deep.0.run"],
    ["a class instance", () => [new URL("http://localhost")], "ValueState.value.0"],
    ["a symbol", () => ({ key: Symbol("x") }), "ValueState.value.key"],
    ["a promise", () => Promise.resolve(1), "ValueState.value"],
    ["a Set member that is an object", () => new Set([{}]), "ValueState.value"],
    ["a Map key that is an object", () => new Map([[{}, 1]]), "ValueState.value"],
    ["a property called __proto__", () => JSON.parse('{"a":{"__proto__":1}}'), "ValueState.value.a"],
    ["a property called constructor", () => ({ constructor: 1 }), "ValueState.value"],
  ])("refuses %s in a var, with the path to it", (_what, make, path) => {
    class ValueState extends State {
      value: unknown = make();
    }
    const error = check(ValueState);
    expect(error.code).toBe("STATE_VALUE_NOT_SENDABLE");
    expect(error.message).toContain(`${path} cannot travel`);
  });

  it("refuses a value that refers to itself", () => {
    class RoundState extends State {
      value: unknown = (() => {
        const round: unknown[] = [];
        round.push(round);
        return round;
      })();
    }
    expect(check(RoundState)).toMatchObject({
      code: "STATE_VALUE_TOO_DEEP",
      message: expect.stringContaining("RoundState.value"),
    });
  });

  it("lets a hidden var hold what cannot travel", () => {
    class ServerOnly extends State {
      _url = new URL("http://localhost");
      _work = () => 1;
      shown = 1;
    }
    tagStates("hidden", { ServerOnly });
    expect(classInfo(ServerOnly).vars).toEqual(["shown"]);
  });

  it("refuses a class that no state module exports, and two classes of one id", () => {
    class Local extends State {}
    expect(() => classInfo(Local)).toThrow(expect.objectContaining({ code: "STATE_NOT_EXPORTED" }));
    const first = class Same extends State {};
    const second = class Same extends State {};
    tagStates("same", { Same: first });
    tagStates("same", { Same: second });
    expect(() => new StateRegistry([{ first }, { second }])).toThrow(
      expect.objectContaining({ code: "STATE_DUPLICATE", message: expect.stringContaining("same.Same") }),
    );
  });

  it("counts a class once that two modules export", () => {
    class Shared extends State {}
    tagStates("one", { Shared });
    tagStates("two", { Shared });
    expect(new StateRegistry([{ Shared }, { Again: Shared }]).ids()).toEqual(["one.Shared"]);
  });
});

describe("event() refuses options that it does not know", () => {
  it.each([
    [{ args: z.string() }, "args is not a list"],
    [{ args: [String] }, "args is not a list"],
    [{ guard: true }, "guard is not a function"],
    [{ concurrency: "often" }, '"often"'],
    [{ background: true, concurrency: "queue" }, "background"],
    [{ gaurd: () => true }, 'no option "gaurd"'],
  ])("%o", (options, reason) => {
    expect(() => event(options as never)).toThrow(
      expect.objectContaining({ code: "EVENT_OPTIONS_INVALID", message: expect.stringContaining(reason) }),
    );
  });
});

describe("A subclass keeps the events and fields of its bases, or says that it does not", () => {
  class NotesState extends State {
    static override events: Record<string, ReturnType<typeof event>> = { add: event(), archive: event() };
    static override fields: Record<string, z.ZodType> = { title: z.string() };
    title = "";
    add() {}
    archive() {}
  }
  abstract class MiddleState extends NotesState {
    static override events: (typeof NotesState)["events"] = { ...super.events, middle: event() };
    middle() {}
  }

  it.each([
    [
      "events of its base",
      class ShortState extends NotesState {
        static override events: (typeof NotesState)["events"] = { add: event() };
      },
      "ShortState.events lacks archive of NotesState",
    ],
    [
      "fields of its base",
      class ShortState extends NotesState {
        static override fields: (typeof NotesState)["fields"] = {};
      },
      "ShortState.fields lacks title of NotesState",
    ],
    [
      "events of an abstract class between",
      class ShortState extends MiddleState {
        static override events: (typeof NotesState)["events"] = { add: event(), archive: event() };
      },
      "ShortState.events lacks middle of MiddleState",
    ],
    [
      "events that a class between has lost",
      class LastState extends class BetweenState extends NotesState {
        static override events: (typeof NotesState)["events"] = {};
      } {
        static override events: (typeof NotesState)["events"] = { ...super.events };
      },
      "BetweenState.events lacks add, archive of NotesState",
    ],
    [
      "events of a mixin",
      class ShortState extends class extends State {
        static override events: (typeof NotesState)["events"] = { add: event() };
        add() {}
      } {
        static override events: (typeof NotesState)["events"] = {};
      },
      "ShortState.events lacks add of its base class",
    ],
  ])("refuses one that lacks %s, with both names", (_what, stateClass, sentence) => {
    const error = check(stateClass);
    expect(error.code).toBe("STATE_INHERITED_MISSING");
    expect(error.message).toContain(sentence);
  });

  it("takes one that declares no table, begins with super's, or takes an entry away by name", () => {
    class PlainState extends NotesState {}
    class WholeState extends NotesState {
      static override events = { ...super.events, more: event() };
      more() {}
    }
    class LessState extends WholeState {
      static override events = { ...super.events, archive: undefined as never };
      static override fields = { ...super.fields, title: undefined as never };
    }
    class LeastState extends LessState {
      static override events = { ...super.events };
    }
    const classes = { PlainState, WholeState, LessState, LeastState };
    tagStates(`checks${modules++}`, classes);
    new StateRegistry([classes]);
    expect([...classInfo(PlainState).events.keys()]).toEqual(["add", "archive"]);
    expect([...classInfo(WholeState).events.keys()]).toEqual(["add", "archive", "more"]);
    expect([...classInfo(LessState).events.keys()]).toEqual(["add", "more"]);
    expect([...classInfo(LessState).fields.keys()]).toEqual([]);
    expect([...classInfo(LeastState).events.keys()]).toEqual(["add", "more"]);
  });
});
