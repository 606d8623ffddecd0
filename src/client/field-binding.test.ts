import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientError } from "./engine-types.ts";
import { FakeEngine, type FakeRequest } from "./fake-engine.fixture.ts";
import { FieldBinding } from "./field-binding.ts";

let engine: FakeEngine;
let failures: ClientError[];

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  failures = [];
  engine.change("notes.NotesState", { title: "", count: 1, done: false });
});
afterEach(() => vi.useRealTimers());

function bind(field = "title"): FieldBinding {
  const binding = new FieldBinding({
    engine,
    state: "notes.NotesState",
    field,
    onFailure: (error) => failures.push(error),
  });
  binding.subscribe(() => undefined);
  return binding;
}

function type(binding: FieldBinding, text: string): void {
  for (let length = 1; length <= text.length; length++) binding.change(text.slice(0, length), true);
}

const first = (): FakeRequest => engine.requests[0] as FakeRequest;
const settle = () => vi.advanceTimersByTimeAsync(0);

test("typed text is written once, after a pause", async () => {
  const title = bind();
  type(title, "Milk");
  expect(engine.log).toEqual([]);
  expect(title.view()).toMatchObject({ draft: "Milk", dirty: true, pending: true });
  await vi.advanceTimersByTimeAsync(150);
  expect(engine.log).toEqual(["write title Milk"]);
  first().answer({ title: "Milk" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "Milk", dirty: false, pending: false, error: undefined });
});

test("one write is on its way at most, and the newest text goes next", async () => {
  const title = bind();
  for (const text of ["a", "ab", "abc", "abcd"]) {
    title.change(text, true);
    await vi.advanceTimersByTimeAsync(200);
    expect(engine.requests.length).toBe(1);
  }
  expect(engine.log).toEqual(["write title a"]);
  first().answer({ title: "a" });
  await settle();
  expect(title.view().draft).toBe("abcd");
  expect(engine.log).toEqual(["write title a", "write title abcd"]);
});

test("an answer to older text changes nothing of what is shown", async () => {
  const title = bind();
  title.change("Mi", true);
  await vi.advanceTimersByTimeAsync(150);
  title.change("Milk", true);
  first().answer({ title: "MI" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "Milk", dirty: true });
});

test("a normalised answer is shown once nothing is unsent or unanswered", async () => {
  const title = bind();
  title.focus();
  title.change("milk", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ title: "MILK" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "MILK", dirty: false });
});

test("a cut-off space comes back only when the input is left", async () => {
  const title = bind();
  title.focus();
  title.change("hello ", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ title: "hello" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "hello ", dirty: false, pending: false });
  title.blur();
  await settle();
  expect(title.view().draft).toBe("hello");
  expect(engine.log).toEqual(["write title hello "]);
});

test("the server's change is shown at once where nothing was typed, and held back where something was", async () => {
  const title = bind();
  engine.change("notes.NotesState", { title: "from elsewhere" });
  expect(title.view().draft).toBe("from elsewhere");
  title.change("mine", true);
  engine.change("notes.NotesState", { title: "theirs" });
  expect(title.view().draft).toBe("mine");
});

test("an event that empties the field after its write empties the input, though it has the focus", async () => {
  const title = bind();
  title.focus();
  title.change("hi", true);
  void title.flush();
  first().answer({ title: "hi" });
  await settle();
  engine.change("notes.NotesState", { title: "" });
  expect(title.view().draft).toBe("");
});

test("write and emptying in one frame leave the input empty", async () => {
  const title = bind();
  title.focus();
  title.change("hi", true);
  void title.flush();
  first().answer({ title: "" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "", dirty: false });
});

test("a flush sends past a write on its way, in order", async () => {
  const title = bind();
  title.change("a", true);
  await vi.advanceTimersByTimeAsync(150);
  title.change("ab", true);
  const flushed = title.flush();
  expect(engine.log).toEqual(["write title a", "write title ab"]);
  first().answer({ title: "a" });
  await settle();
  expect(title.view().draft).toBe("ab");
  first().answer({ title: "ab" });
  expect(await flushed).toBe(true);
});

test("nothing is written while text is composed", async () => {
  const title = bind();
  title.focus();
  title.composeStart();
  title.change("に", true);
  title.change("にほ", true);
  await vi.advanceTimersByTimeAsync(1000);
  await title.flush();
  expect(engine.log).toEqual([]);
  expect(title.view().draft).toBe("にほ");
  title.change("日本", true);
  title.composeEnd();
  await vi.advanceTimersByTimeAsync(150);
  expect(engine.log).toEqual(["write title 日本"]);
});

test("refused text stays with its error until it is typed over", async () => {
  const title = bind();
  title.change("x", true);
  const flushed = title.flush();
  first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Too short" }]);
  expect(await flushed).toBe(false);
  expect(title.view()).toMatchObject({ draft: "x", dirty: true });
  expect(title.view().error).toMatchObject({ issues: [{ message: "Too short" }] });
  expect(failures).toEqual([]);
  title.change("xy", true);
  expect(title.view().error).toBeUndefined();
});

test("a failure that is no mistake of the user is reported", async () => {
  const title = bind();
  title.change("x", true);
  void title.flush();
  first().fail("EVENT_FAILED", "It failed.");
  await settle();
  expect(failures.map((error) => error.code)).toEqual(["EVENT_FAILED"]);
});

test("reset gives up what was typed", async () => {
  const title = bind();
  title.change("x", true);
  title.reset();
  await vi.advanceTimersByTimeAsync(500);
  expect(engine.log).toEqual([]);
  expect(title.view()).toMatchObject({ draft: "", dirty: false, pending: false });
});

test("a number that is none is kept as typed and not written", async () => {
  const count = bind("count");
  count.change("1x", true);
  await vi.advanceTimersByTimeAsync(500);
  expect(engine.log).toEqual([]);
  expect(count.view()).toMatchObject({ draft: "1x", value: 1, error: { message: "Enter a number." } });
  expect(await count.flush()).toBe(false);
  count.change("12", true);
  await vi.advanceTimersByTimeAsync(150);
  expect(engine.log).toEqual(["write count 12"]);
});

test("a number keeps its point while it is typed", async () => {
  const count = bind("count");
  count.focus();
  count.change("2.", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ count: 2 });
  await settle();
  expect(count.view()).toMatchObject({ draft: "2.", value: 2, dirty: false });
});

test("a tick is written at once", async () => {
  const done = bind("done");
  done.change(true, false);
  expect(engine.log).toEqual(["write done true"]);
});

test("a field that waits for the input to be left writes nothing before", async () => {
  const title = bind();
  title.delay = Number.POSITIVE_INFINITY;
  title.focus();
  type(title, "Milk");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(engine.log).toEqual([]);
  title.blur();
  expect(engine.log).toEqual(["write title Milk"]);
});
