import { describe, expect, it } from "vitest";
import { State } from "./state.ts";
import { Bench } from "./state-tree.fixture.ts";

interface Task {
  readonly title: string;
  readonly done: boolean;
}

class TasksState extends State {
  tasks: Task[] = [];
  get undone() {
    return this.tasks.filter(({ done }) => !done);
  }
  get count() {
    return this.undone.length;
  }
  get label() {
    return `${this.state(OwnerState).name}: ${this.count}`;
  }
  get first(): Task | null {
    return this.tasks[0] ?? null;
  }
  get shortest() {
    if (this.tasks.length === 0) throw new Error("There are no tasks");
    return [...this.tasks].sort((a, b) => a.title.length - b.title.length);
  }
}

class OwnerState extends State {
  name = "nobody";
}

const EMPTY = { tasks: [], undone: [], count: 0, label: "", first: null };

/** A tab that shows tasks. */
function open() {
  const bench = new Bench({ TasksState, OwnerState });
  const write = () => {
    bench.instance(OwnerState).name = "Ada";
    bench.instance(TasksState).tasks = [{ title: "Buy milk", done: false }];
  };
  return { bench, write };
}

describe("A state that the page may not read any more", () => {
  it("shows its computed vars as values of the same kinds with nothing in them", async () => {
    const { bench, write } = open();
    await bench.runner.exclusive({ state: "test", settle: () => {} }, () => {
      write();
      return [];
    });
    bench.watch(TasksState);
    expect(bench.copy(TasksState)).toMatchObject({ count: 1, label: "Ada: 1" });
    bench.take({ changes: { "test.TasksState": bench.tree.withhold("test.TasksState") } });
    expect(bench.copy(TasksState)).toEqual({ ...EMPTY, shortest: [] });
  });

  it("does so as well when the states of the tab were removed before, and when it never had values", async () => {
    const { bench, write } = open();
    await bench.runner.exclusive({ state: "test", settle: () => {} }, () => {
      write();
      return [];
    });
    bench.watch(TasksState);
    bench.tree.clear();
    for (let times = 0; times < 2; times++) {
      bench.take({ changes: { "test.TasksState": bench.tree.withhold("test.TasksState") } });
      expect(bench.copy(TasksState)).toMatchObject(EMPTY);
    }
    expect(bench.tree.instances()).toEqual([]);
  });
});
