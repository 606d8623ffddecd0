import { describe, expect, it } from "vitest";
import { tagStates } from "../class-info.ts";
import { StateRegistry } from "../registry.ts";
import { State } from "../state.ts";
import { Bench } from "../state-tree.fixture.ts";

const runs: Record<string, number> = {};
const count = (name: string) => {
  runs[name] = (runs[name] ?? 0) + 1;
};

class ShelfState extends State {
  rows = [
    { id: 1, name: "a", price: 1 },
    { id: 2, name: "b", price: 2 },
  ];
  map = new Map([
    ["k", 1],
    ["l", 2],
  ]);
  set = new Set(["x"]);
  record: Record<string, number> = { one: 1 };
  mode = "names";
  other = 0;
  _hidden = 1;
  get names() {
    count("names");
    return this.rows.map((row) => row.name);
  }
  get parity() {
    count("parity");
    return this.other % 2;
  }
  get parityText() {
    count("parityText");
    return this.parity === 0 ? "even" : "odd";
  }
  get switched() {
    count("switched");
    return this.mode === "names" ? this.rows.length : this.other;
  }
  get entry() {
    count("entry");
    return this.map.get("k");
  }
  get size() {
    count("size");
    return this.map.size;
  }
  get member() {
    count("member");
    return this.set.has("x");
  }
  get missing() {
    count("missing");
    return this.record.two ?? "none";
  }
  get keys() {
    count("keys");
    return Object.keys(this.record);
  }
  get fromHidden() {
    count("fromHidden");
    return this._hidden * 2;
  }
  get _internal() {
    count("_internal");
    return this.other + 1;
  }
  get fromSibling() {
    count("fromSibling");
    return this.state(SideState).value + 1;
  }
  get fromRouter() {
    count("fromRouter");
    return this.router.path;
  }
  get first() {
    count("first");
    return this.rows[0];
  }
}

class SideState extends State {
  value = 1;
  unread = 1;
}

function open() {
  const bench = new Bench({ ShelfState, SideState });
  bench.watch(ShelfState);
  const state = bench.instance(ShelfState);
  const ran = async (work: (state: ShelfState) => void) => {
    for (const name of Object.keys(runs)) delete runs[name];
    expect(await bench.write(() => work(state))).toBeUndefined();
    return Object.keys(runs).sort();
  };
  return { bench, state, ran };
}

describe("A getter runs again only when what it read would give something else", () => {
  it.each<[string, (state: ShelfState) => void, string[]]>([
    [
      "a name of a row",
      (state) => {
        const [row] = state.rows;
        if (row) row.name = "z";
      },
      ["first", "names"],
    ],
    [
      "a property that only a copy of the row reads",
      (state) => {
        const [row] = state.rows;
        if (row) row.price = 9;
      },
      ["first"],
    ],
    [
      "a property of another row",
      (state) => {
        const row = state.rows[1];
        if (row) row.price = 9;
      },
      [],
    ],
    [
      "a new row",
      (state) => {
        state.rows.push({ id: 3, name: "c", price: 3 });
      },
      ["first", "names", "switched"],
    ],
    [
      "the Map's entry that is read",
      (state) => {
        state.map.set("k", 5);
      },
      ["entry"],
    ],
    [
      "another entry of the Map",
      (state) => {
        state.map.set("l", 5);
      },
      [],
    ],
    [
      "a new entry of the Map",
      (state) => {
        state.map.set("m", 5);
      },
      ["size"],
    ],
    [
      "a member of a Set",
      (state) => {
        state.set.add("y");
      },
      ["member"],
    ],
    [
      "a property that was read while it was missing",
      (state) => {
        state.record.two = 2;
      },
      ["keys", "missing"],
    ],
    [
      "a hidden var",
      (state) => {
        state._hidden = 2;
      },
      ["fromHidden"],
    ],
    [
      "a var that is read through another getter",
      (state) => {
        state.other = 1;
      },
      ["parity", "parityText"],
    ],
    [
      "a var whose getter gives the same value again",
      (state) => {
        state.other = 2;
      },
      ["parity"],
    ],
    [
      "an equal value",
      (state) => {
        state.mode = "names";
        state.rows.sort();
      },
      [],
    ],
    ["nothing", () => {}, []],
  ])("after %s", async (_what, work, expected) => {
    const { ran } = open();
    expect(await ran(work)).toEqual(expected);
  });

  it("forgets what it no longer reads", async () => {
    const { ran } = open();
    expect(
      await ran((state) => {
        state.mode = "other";
      }),
    ).toEqual(["switched"]);
    expect(
      await ran((state) => {
        state.rows.pop();
      }),
    ).not.toContain("switched");
    expect(
      await ran((state) => {
        state.other = 7;
      }),
    ).toContain("switched");
  });

  it("follows other states of the tab, and the router", async () => {
    const { bench, ran } = open();
    expect(
      await ran(() => {
        bench.instance(SideState).value = 5;
      }),
    ).toEqual(["fromSibling"]);
    expect(bench.copy(ShelfState).fromSibling).toBe(6);
    expect(
      await ran(() => {
        bench.instance(SideState).unread = 5;
      }),
    ).toEqual([]);
    expect(await ran(() => bench.tree.setRouter({ path: "/x", route: "/x", params: {}, query: {} }))).toEqual([
      "fromRouter",
    ]);
    expect(bench.copy(ShelfState).fromRouter).toBe("/x");
  });

  it("reads the next instance of a state that was withheld, and nothing of the one that was taken away", async () => {
    const { bench, ran } = open();
    const side = bench.instance(SideState);
    await ran(() => {
      side.value = 5;
    });
    expect(bench.copy(ShelfState).fromSibling).toBe(6);
    bench.watch(SideState);
    bench.tree.withhold("test.SideState");
    await ran(() => {});
    expect(bench.copy(ShelfState).fromSibling).toBe(2);
    bench.watch(SideState);
    expect(bench.instance(SideState)).not.toBe(side);
    for (const value of [7, 8]) {
      expect(
        await ran(() => {
          bench.instance(SideState).value = value;
        }),
      ).toEqual(["fromSibling"]);
      expect(bench.copy(ShelfState).fromSibling).toBe(value + 1);
    }
  });

  it("reads the new instance of a state whose class was loaded again", async () => {
    class OldState extends State {
      value = 1;
    }
    class ReaderState extends State {
      get read() {
        return this.state(OldState).value;
      }
    }
    const bench = new Bench({ OldState, ReaderState });
    bench.watch(ReaderState);
    const NewState = class OldState extends State {
      value = 1;
      added = 1;
    };
    const classes = { OldState: NewState, ReaderState };
    tagStates("test", classes);
    bench.tree.replaceClasses(new StateRegistry([classes]));
    await bench.write(() => {
      (bench.tree.byId("test.OldState") as InstanceType<typeof NewState>).value = 9;
    });
    expect(bench.copy(ReaderState).read).toBe(9);
  });

  it("runs once however often it is read, also inside a handler that writes", async () => {
    const { state, ran } = open();
    await ran(() => {
      expect([state.names, state.names, state.names].length).toBe(3);
      expect(runs.names).toBeUndefined();
      state.rows.push({ id: 4, name: "d", price: 0 });
      expect([state.names.length, state.names.length]).toEqual([3, 3]);
    });
    expect(runs.names).toBe(1);
  });

  it("is right again after a handler was undone", async () => {
    const { bench, state } = open();
    await bench.write(() => {
      state.rows.length = 0;
      expect(state.names).toEqual([]);
      throw new Error("undo");
    });
    expect(state.names).toEqual(["a", "b"]);
    expect(bench.copy(ShelfState).names).toEqual(["a", "b"]);
  });
});

describe("Computed vars as the page has them", () => {
  it("are sent when their value changed and at no other time", async () => {
    const { bench, ran } = open();
    await ran((state) => {
      state.other = 2;
    });
    expect(bench.lastChanges).toEqual({ "test.ShelfState": [["set", ["other"], 2]] });
    await ran((state) => {
      state.other = 3;
    });
    expect(bench.lastChanges).toEqual({
      "test.ShelfState": [
        ["set", ["other"], 3],
        ["set", ["parity"], 1],
        ["set", ["parityText"], "odd"],
      ],
    });
  });

  it("never hold one that begins with an underscore", async () => {
    const { bench } = open();
    expect(Object.keys(bench.copy(ShelfState))).not.toContain("_internal");
  });

  it("refuse to write, with the name of what was written", async () => {
    class WritingState extends State {
      reads = 0;
      get bad() {
        return ++this.reads;
      }
    }
    const bench = new Bench({ WritingState });
    expect(() => bench.watch(WritingState)).toThrow(
      expect.objectContaining({
        code: "STATE_COMPUTED_FAILED",
        message: expect.stringContaining("WritingState.reads"),
      }),
    );
  });

  it("refuse a value that cannot travel, with the path to it", async () => {
    class FunctionState extends State {
      get bad() {
        return { list: [() => 1] };
      }
    }
    const bench = new Bench({ FunctionState });
    expect(() => bench.watch(FunctionState)).toThrow(
      expect.objectContaining({
        code: "STATE_VALUE_NOT_SENDABLE",
        message: expect.stringContaining("FunctionState.bad.list.0"),
      }),
    );
  });
});
