import { channel } from "node:diagnostics_channel";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { reportBlockedHandlers } from "./blocked-handlers.ts";

let stop = () => {};
afterEach(() => stop());

function report(mode: string) {
  const lines: { labels: string[]; milliseconds: number; msg: string }[] = [];
  const write = (line: Buffer, _: unknown, done: () => void) => {
    lines.push(JSON.parse(line.toString()));
    done();
  };
  const blocked = reportBlockedHandlers(pino(new Writable({ write })), mode);
  stop = blocked.stop;
  return { lines, count: blocked.count };
}

const publish = (...labels: string[]) => channel("antiphon:blocked").publish({ labels, milliseconds: 123.4 });

it("development writes of every time that a handler blocked", () => {
  const { lines, count } = report("development");
  publish("NotesState.save");
  publish("NotesState.save");
  expect(lines.map(({ labels }) => labels)).toEqual([["NotesState.save"], ["NotesState.save"]]);
  expect(lines[0]?.msg).toMatch(/^NotesState\.save kept the process busy for 123 ms/);
  expect(count()).toBe(2);
});

it("development does not write of the first time that a path blocked, when its modules were loaded", () => {
  const { lines, count } = report("development");
  publish("/");
  publish("GET /api/report");
  expect([lines, count()]).toEqual([[], 2]);
  publish("/");
  expect(lines.map(({ labels }) => labels)).toEqual([["/"]]);
});

it("production names each handler once a minute, and counts every time", () => {
  const { lines, count } = report("production");
  for (let n = 0; n < 50; n++) publish("NotesState.save");
  publish("GET /api/report", "NotesState.save");
  expect(lines.map(({ msg }) => msg.split(" kept")[0])).toEqual([
    "NotesState.save",
    "One of GET /api/report, NotesState.save",
  ]);
  expect(count()).toBe(51);
});
