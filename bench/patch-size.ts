import { deepStrictEqual } from "node:assert";
import type { Json } from "../src/protocol/frames.ts";
import { applyChange, type Vars } from "../src/protocol/patches.ts";
import { messagePacket } from "../src/protocol/wire-parser.ts";
import { type StateClass, stateId, tagStates } from "../src/state/class-info.ts";
import { type Run, runs } from "../src/state/handlers/run.ts";
import { StateRegistry } from "../src/state/registry.ts";
import { State } from "../src/state/state.ts";
import { StateTree } from "../src/state/state-tree.ts";
import { plain } from "../src/state/tracking/plain.ts";
import type { Changes } from "../src/state/watched-changes.ts";
import { grouped, median, printTable } from "./table.ts";

interface Row {
  id: number;
  title: string;
  owner: string;
  open: boolean;
  amount: number;
}

/** About 70 bytes as JSON. */
function row(id: number): Row {
  return { id, title: `Row ${id}`, owner: "ada@example.com", open: true, amount: (id * 7_919) % 1_000 };
}

class PatchState extends State {
  rows: Row[] = [];
  lines: string[] = [];
  text = "";
  count = 0;
}
tagStates("bench", { PatchState });

/** One line of the table. */
interface Case {
  readonly name: string;
  /** Bytes that the design sent which sends a changed var whole, as it was measured. */
  readonly wholeField?: string;
  readonly prepare?: (state: PatchState) => void;
  readonly change: (state: PatchState, step: number) => void;
  /** Steps that make up the case; 1 when absent. Bytes are their sum, times the median of one. */
  readonly steps?: number;
  readonly changed: keyof PatchState & ("rows" | "lines" | "text" | "count");
}

const filled = (count: number) => (state: PatchState) => {
  state.rows = Array.from({ length: count }, (_, index) => row(index + 1));
};

function oneField(count: number, wholeField: string): Case {
  return {
    name: `one field of one row of ${grouped(count)}`,
    wholeField,
    prepare: filled(count),
    change: (state, step) => {
      (state.rows[count >> 1] as Row).amount = 5_000 + step;
    },
    changed: "rows",
  };
}

const CASES: readonly Case[] = [
  oneField(10, "828"),
  oneField(100, "7,072"),
  oneField(1_000, "70,352"),
  oneField(10_000, "730,062"),
  {
    name: "append a row to 1,000",
    wholeField: "70,408",
    prepare: filled(1_000),
    change: (state, step) => {
      state.rows.push(row(2_000 + step));
    },
    changed: "rows",
  },
  {
    name: "1,000 log lines, one by one",
    wholeField: "33,700,500",
    change: (state, step) => {
      state.lines.push(`12:00:00 info ${"x".repeat(40)} ${step}`);
    },
    steps: 1_000,
    changed: "lines",
  },
  {
    name: "1,000 tokens into one string",
    wholeField: "2,170,000",
    change: (state) => {
      state.text += "word";
    },
    steps: 1_000,
    changed: "text",
  },
  {
    name: "the same scalar again",
    wholeField: "sent",
    change: (state) => {
      // biome-ignore lint/correctness/noSelfAssign: this is the case
      state.count = state.count;
    },
    changed: "count",
  },
  {
    name: "sort 1,000 rows by another column",
    prepare: filled(1_000),
    change: (state, step) => {
      state.rows.sort((a, b) => (step % 2 === 0 ? a.amount - b.amount : a.id - b.id));
    },
    changed: "rows",
  },
  {
    name: "unshift a row to 1,000",
    prepare: filled(1_000),
    change: (state, step) => {
      state.rows.unshift(row(2_000 + step));
    },
    changed: "rows",
  },
  {
    name: "filter every 10th row out of 1,000",
    prepare: filled(1_000),
    change: (state) => {
      state.rows = state.rows.filter((_, index) => index % 10 !== 5);
    },
    changed: "rows",
  },
  {
    name: "shuffle 1,000 rows",
    prepare: filled(1_000),
    change: (state, step) => {
      state.rows = state.rows.toSorted((a, b) => ((a.id * 7_919 + step) % 1_009) - ((b.id * 7_919 + step) % 1_009));
    },
    changed: "rows",
  },
];

/** The text frame as it goes through the socket, Engine.IO's packet type included. */
function frameText(changes: Changes | undefined, version: number): string {
  const json = JSON.stringify({ version, ...(changes ? { changes } : {}), acks: [[version]] });
  return `4${messagePacket("frame", json)}`;
}

/** A tab without a socket, and the copy of the vars that its browser would hold. */
class BenchTab {
  readonly tree = new StateTree(new StateRegistry([{ PatchState }]));
  readonly state: PatchState = this.tree.sibling(PatchState) as PatchState;
  readonly #run: Run;
  #copy: Vars | undefined;
  #version = 0;

  constructor() {
    const { signal } = new AbortController();
    const update: Run["update"] = async (work) => await work();
    this.#run = {
      tree: this.tree,
      label: "bench",
      signal,
      mayWrite: true,
      ended: false,
      superseded: undefined,
      update,
      get turn(): Run {
        return this;
      },
    };
    this.#copy = applyChange(undefined, this.tree.watch(stateId(PatchState) as string));
  }

  /** Runs a change as a handler would; returns the frame and the microseconds that making it took. */
  step(change: () => void): { bytes: number; micros: number } {
    runs.run(this.#run, change);
    const begin = performance.now();
    const changes = this.tree.takeChanges();
    const text = changes ? frameText(changes, ++this.#version) : "";
    const micros = (performance.now() - begin) * 1000;
    const own = changes?.[stateId(PatchState) as string];
    if (own) this.#copy = applyChange(this.#copy, JSON.parse(JSON.stringify(own)));
    return { bytes: Buffer.byteLength(text), micros };
  }

  /** What the browser holds must be what the server holds. */
  verify(): void {
    const { rows, lines, text, count } = this.state;
    deepStrictEqual(this.#copy, plain({ rows, lines, text, count }));
  }
}

const SAMPLES = 60;

function measure(bench: Case): readonly string[] {
  const bytes: number[] = [];
  const micros: number[] = [];
  const stringify: number[] = [];
  const steps = bench.steps ?? 1;
  let whole = 0;
  for (let sample = -20; sample < (steps === 1 ? SAMPLES : 5); sample++) {
    const tab = new BenchTab();
    tab.step(() => bench.prepare?.(tab.state));
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const result = tab.step(() => bench.change(tab.state, step));
      sum += result.bytes;
      if (sample >= 0) micros.push(result.micros);
    }
    if (sample === 0) tab.verify();
    const value = plain(tab.state[bench.changed]) as Json;
    const begin = performance.now();
    JSON.stringify(value);
    if (sample >= 0) stringify.push((performance.now() - begin) * 1000);
    whole = Buffer.byteLength(frameText({ "bench.PatchState": [["set", [bench.changed], value]] }, 2));
    bytes.push(sum);
  }
  const [flush, json] = [median(micros), median(stringify)];
  return [
    bench.name,
    grouped(median(bytes)),
    grouped(whole),
    bench.wholeField ?? "-",
    flush.toFixed(1),
    json.toFixed(1),
    (flush / json).toFixed(2),
  ];
}

function hydrate(): readonly string[] {
  const classes: Record<string, StateClass> = {};
  for (let index = 0; index < 100; index++) {
    const name = `Page${index}State`;
    const made = {
      [name]: class extends State {
        a = "some text";
        b = "some text";
        c = "some text";
        d = "some text";
        e = "some text";
        f = "some text";
        g = "some text";
        h = "some text";
        i = "some text";
        j = "some text";
      },
    };
    Object.assign(classes, made);
  }
  tagStates("bench", classes);
  const registry = new StateRegistry([classes]);
  const micros: number[] = [];
  const stringify: number[] = [];
  let bytes = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const tree = new StateTree(registry);
    for (const id of registry.ids()) tree.byId(id);
    const begin = performance.now();
    const changes = Object.fromEntries(registry.ids().map((id) => [id, tree.watch(id)]));
    const text = frameText(changes, 1);
    micros.push((performance.now() - begin) * 1000);
    bytes = Buffer.byteLength(text);
    const value = JSON.parse(JSON.stringify(changes)) as unknown;
    const again = performance.now();
    JSON.stringify(value);
    stringify.push((performance.now() - again) * 1000);
  }
  const [flush, json] = [median(micros), median(stringify)];
  return [
    "hydrate 100 states of 10 strings",
    grouped(bytes),
    grouped(bytes),
    "34,061",
    flush.toFixed(1),
    json.toFixed(1),
    (flush / json).toFixed(2),
  ];
}

/** Bytes of the frame that a change makes, and what making it costs. */
export function patchSize(): void {
  printTable(
    "Bytes of the whole text frame, and microseconds to make it after the handler has run",
    ["change", "bytes", "var whole", "whole-field design", "us", "us JSON.stringify(var)", "ratio"],
    [...CASES.map(measure), hydrate()],
  );
}

if (import.meta.main) patchSize();
