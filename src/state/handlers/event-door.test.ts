import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { AntiphonError } from "../../errors.ts";
import { redirect, toast } from "../effects.ts";
import { event } from "../event.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

const ran: unknown[][] = [];
let verdict: () => unknown = () => true;
const guard = () => verdict() as never;

const slowNumber = z.number().refine(async (value) => {
  await Promise.resolve();
  return value > 0;
}, "must be positive");

class Base extends State {
  inherited() {
    ran.push(["inherited"]);
  }
}

class DoorState extends Base {
  static override events = {
    open: event(),
    rename: event({ args: [z.string().min(2), z.object({ at: z.number() }).optional()] }),
    pay: event({ args: [slowNumber, z.coerce.number()] }),
    guarded: event({ guard }),
    guardedArgs: event({ args: [z.number()], guard }),
    spread: event(),
  };
  static override fields = { title: z.string().trim().max(5) };
  title = "";
  secret = "kept";
  _hidden = 0;
  open() {
    ran.push(["open"]);
  }
  rename(name: string, options?: { at: number }) {
    ran.push(["rename", name, options]);
  }
  pay(amount: number, tip: number) {
    ran.push(["pay", amount, tip]);
  }
  guarded() {
    ran.push(["guarded"]);
  }
  guardedArgs(value: number) {
    ran.push(["guardedArgs", value]);
  }
  spread(...all: unknown[]) {
    ran.push(["spread", ...all]);
  }
  unlisted() {
    ran.push(["unlisted"]);
  }
  _hiddenMethod() {
    ran.push(["_hiddenMethod"]);
  }
  get computed() {
    return 1;
  }
  protected override onConnect() {
    ran.push(["onConnect"]);
  }
}

function open() {
  ran.length = 0;
  verdict = () => true;
  const bench = new Bench({ DoorState });
  bench.watch(DoorState);
  const write = async (field: string, value: unknown) => {
    let failure: unknown;
    await bench.runner.write({ state: "test.DoorState", field, value: value as never }, 32, (outcome) => {
      if ("error" in outcome) failure = outcome.error;
      else bench.take(outcome);
    });
    return failure as AntiphonError | undefined;
  };
  return { bench, write };
}

describe("SEC-2: the events table is the only door", () => {
  it.each([
    "unlisted",
    "inherited",
    "_hiddenMethod",
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "valueOf",
    "hasOwnProperty",
    "__defineGetter__",
    "onConnect",
    "onDisconnect",
    "onExpire",
    "state",
    "update",
    "reset",
    "router",
    "signal",
    "title",
    "secret",
    "_hidden",
    "computed",
    "then",
    "toJSON",
    "events",
    "fields",
    "",
    "open.call",
    "Open",
  ])("a call of %j is answered EVENT_UNKNOWN and runs nothing", async (name) => {
    const { bench } = open();
    const error = (await bench.call(DoorState, name)) as AntiphonError;
    expect(error.code).toBe("EVENT_UNKNOWN");
    expect(error.expose).toBe(true);
    expect(ran).toEqual([]);
    expect(bench.copy(DoorState)).toEqual({ title: "", secret: "kept", computed: 1 });
  });

  it.each(["", "DoorState", "test.Base", "__proto__", "constructor", "test.doorstate"])(
    "a state called %j is unknown",
    async (id) => {
      const { bench } = open();
      let failure: unknown;
      await bench.runner.call({ state: id, event: "open", args: [] }, 32, (outcome) => {
        failure = "error" in outcome ? outcome.error : undefined;
      });
      expect(failure).toMatchObject({ code: "STATE_UNKNOWN" });
    },
  );

  it("only listed fields can be written, through their schema", async () => {
    const { bench, write } = open();
    for (const name of ["secret", "_hidden", "computed", "open", "constructor", "__proto__", "toString"]) {
      expect(await write(name, "x")).toMatchObject({ code: "EVENT_FIELD_UNKNOWN" });
    }
    expect(await write("title", " hi ")).toBeUndefined();
    expect(bench.copy(DoorState).title).toBe("hi");
    const error = await write("title", "far too long");
    expect(error).toMatchObject({
      code: "EVENT_ARGS_INVALID",
      details: { issues: [expect.objectContaining({ message: expect.any(String) })] },
    });
    expect(await write("title", { $date: 1 })).toMatchObject({ code: "EVENT_ARGS_INVALID" });
    expect(bench.copy(DoorState)).toMatchObject({ title: "hi", secret: "kept" });
  });
});

describe("Arguments are parsed by schema, and a failing parse never reaches the handler", () => {
  it("hands the handler what the schemas made of the arguments", async () => {
    const { bench } = open();
    expect(await bench.call(DoorState, "rename", "Ada", { at: 1, more: 2 })).toBeUndefined();
    expect(await bench.call(DoorState, "rename", "Ada")).toBeUndefined();
    expect(await bench.call(DoorState, "pay", 3, "4")).toBeUndefined();
    expect(ran).toEqual([
      ["rename", "Ada", { at: 1 }],
      ["rename", "Ada", undefined],
      ["pay", 3, 4],
    ]);
  });

  it.each([
    ["open", [1], "argument 1"],
    ["spread", [1], "argument 1"],
    ["rename", [], "argument 1"],
    ["rename", ["A"], "argument 1"],
    ["rename", [7], "argument 1"],
    ["rename", ["Ada", { at: "x" }], "argument 2.at"],
    ["rename", ["Ada", { at: 1 }, 3], "argument 3"],
    ["pay", [0, 1], "argument 1"],
    ["pay", [1, "none"], "argument 2"],
    ["pay", [1], "argument 2"],
  ])("%s(%j) is answered EVENT_ARGS_INVALID with the place", async (name, args, place) => {
    const { bench } = open();
    const error = (await bench.call(DoorState, name, ...args)) as AntiphonError;
    expect(error.code).toBe("EVENT_ARGS_INVALID");
    expect(error.expose).toBe(true);
    expect((error.details as { issues: { path: string }[] }).issues[0]?.path).toBe(place);
    expect(error.message).toContain(`DoorState.${name}`);
    expect(ran).toEqual([]);
  });

  it("leaves no rejected promise behind when an asynchronous and a synchronous schema both fail", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { bench } = open();
    expect(await bench.call(DoorState, "pay", -1, "none")).toMatchObject({ code: "EVENT_ARGS_INVALID" });
    // Node reports unhandled rejections once the microtasks are done.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([
    ['{"__proto__":{"admin":true}}', "VALUE_UNSAFE_KEY"],
    ['{"constructor":1}', "VALUE_UNSAFE_KEY"],
    ['{"prototype":1}', "VALUE_UNSAFE_KEY"],
    ['{"$function":"x"}', "VALUE_UNKNOWN_TAG"],
    ['{"$object":[["__proto__",{"admin":true}]]}', "VALUE_UNSAFE_KEY"],
    [`${"[".repeat(40)}${"]".repeat(40)}`, "VALUE_TOO_DEEP"],
  ])("refuses the argument %s with %s", async (json, code) => {
    const { bench } = open();
    let failure: unknown;
    const call = { state: "test.DoorState", event: "rename", args: ["Ada", JSON.parse(json)] };
    await bench.runner.call(call, 32, (outcome) => {
      failure = "error" in outcome ? outcome.error : undefined;
    });
    expect(failure).toMatchObject({ code, expose: true });
    expect(ran).toEqual([]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("A guard decides before the handler, whoever calls", () => {
  it.each([
    ["true", () => true],
    ["a promise of true", async () => true],
  ])("%s lets the call through", async (_name, answer) => {
    const { bench } = open();
    verdict = answer;
    expect(await bench.call(DoorState, "guarded")).toBeUndefined();
    expect(ran).toEqual([["guarded"]]);
  });

  it.each([
    ["false", () => false],
    ["undefined", () => undefined],
    ["null", () => null],
    ["1", () => 1],
    ["a string", () => "yes"],
    ["an empty list", () => []],
    ["an object", () => ({ effect: "redirect", to: "/" })],
    ["a promise of false", async () => false],
    ["a promise of undefined", async () => undefined],
  ])("%s stops it with EVENT_REFUSED", async (_name, answer) => {
    const { bench } = open();
    verdict = answer;
    expect(await bench.call(DoorState, "guarded")).toMatchObject({ code: "EVENT_REFUSED", expose: true, status: 403 });
    expect(ran).toEqual([]);
  });

  it("a guard that throws or rejects stops it", async () => {
    const { bench } = open();
    verdict = () => {
      throw new Error("database down");
    };
    expect(await bench.call(DoorState, "guarded")).toMatchObject({ message: "database down" });
    verdict = () => Promise.reject(new Error("later"));
    expect(await bench.call(DoorState, "guarded")).toMatchObject({ message: "later" });
    expect(ran).toEqual([]);
  });

  it("effects are performed in its place", async () => {
    const { bench } = open();
    verdict = async () => redirect("/login");
    expect(await bench.call(DoorState, "guarded")).toBeUndefined();
    verdict = () => [toast.error("No"), redirect("/")];
    expect(await bench.call(DoorState, "guarded")).toBeUndefined();
    expect(bench.effects.map(({ effect }) => effect)).toEqual(["redirect", "toast", "redirect"]);
    expect(ran).toEqual([]);
  });

  it("runs before the arguments are parsed, and may not write", async () => {
    const { bench } = open();
    verdict = () => false;
    expect(await bench.call(DoorState, "guardedArgs", "no number")).toMatchObject({ code: "EVENT_REFUSED" });
    verdict = () => {
      bench.instance(DoorState).secret = "changed";
      return true;
    };
    expect(await bench.call(DoorState, "guarded")).toMatchObject({ code: expect.stringMatching(/^STATE_WRITE_/) });
    expect(ran).toEqual([]);
    expect(bench.instance(DoorState).secret).toBe("kept");
  });
});
