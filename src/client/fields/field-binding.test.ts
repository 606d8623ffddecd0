import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientError } from "../engine/engine-types.ts";
import { FakeEngine, type FakeRequest } from "../engine/fake-engine.fixture.ts";
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

/** A screen whose focus the test moves. */
function focus(binding: FieldBinding, isFocused = true): void {
  binding.screen = { type: () => "date", isFocused: () => isFocused, readUnseen: () => undefined };
  if (!isFocused) binding.blur();
}

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
  focus(title);
  title.change("milk", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ title: "MILK" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "MILK", dirty: false });
});

test("a cut-off space comes back only when the input is left", async () => {
  const title = bind();
  focus(title);
  title.change("hello ", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ title: "hello" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "hello ", dirty: false, pending: false });
  focus(title, false);
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
  focus(title);
  title.change("hi", true);
  void title.flush();
  first().answer({ title: "hi" });
  await settle();
  engine.change("notes.NotesState", { title: "" });
  expect(title.view().draft).toBe("");
});

test("write and emptying in one frame leave the input empty", async () => {
  const title = bind();
  focus(title);
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

test("text that is being composed is sent after a pause and before an event, and is not replaced", async () => {
  const title = bind();
  focus(title);
  title.composeStart();
  title.change("mil", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ title: "MIL" });
  await settle();
  expect(title.view().draft).toBe("mil");
  title.change("milk", true);
  title.send();
  expect(engine.log).toEqual(["write title mil", "write title milk"]);
  first().answer({ title: "MILK" });
  await settle();
  expect(title.view().draft).toBe("milk");
  title.composeEnd();
  expect(title.view().draft).toBe("MILK");
});

test("what an event assigns to a field while text is composed is shown when the composition has ended", async () => {
  const title = bind();
  focus(title);
  title.composeStart();
  title.change("milk", true);
  title.send();
  first().answer({ title: "milk" });
  await settle();
  engine.change("notes.NotesState", { title: "" });
  expect(title.view().draft).toBe("milk");
  title.composeEnd();
  expect(title.view().draft).toBe("");
});

test("what is composed after an event assigned the field stays", async () => {
  const title = bind();
  focus(title);
  title.composeStart();
  title.change("milk", true);
  title.send();
  first().answer({ title: "milk" });
  await settle();
  engine.change("notes.NotesState", { title: "" });
  title.change("milk and", true);
  title.composeEnd();
  expect(title.view().draft).toBe("milk and");
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

describe("an assignment of the field by the server, with the value that it has", () => {
  async function refused(text: string): Promise<FieldBinding> {
    const title = bind();
    focus(title);
    title.change(text, true);
    await vi.advanceTimersByTimeAsync(150);
    first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Too long" }]);
    await settle();
    return title;
  }
  const assign = (value: string) => engine.change("notes.NotesState", { title: value });

  test("takes the place of refused text after an event of the page", async () => {
    const title = await refused("much too long");
    title.send();
    first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Too long" }]);
    await settle();
    assign("");
    expect(title.view()).toMatchObject({ draft: "", error: undefined, dirty: false });
  });

  test("takes the place of refused text when it arrives together with the refusal", async () => {
    const title = await refused("much too long");
    title.send();
    first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Too long" }]);
    assign("");
    await settle();
    expect(title.view()).toMatchObject({ draft: "", error: undefined, dirty: false });
  });

  test("takes the place of refused text in an input that was left", async () => {
    const title = await refused("much too long");
    focus(title, false);
    assign("");
    expect(title.view()).toMatchObject({ draft: "", error: undefined });
  });

  test("leaves text alone that the user is correcting, when no event of the page was called", async () => {
    const title = await refused("much too long");
    assign("");
    assign("from background work");
    expect(title.view()).toMatchObject({ draft: "much too long", error: { message: "Invalid." } });
  });

  test("leaves text alone that was typed after the event", async () => {
    const title = await refused("much too long");
    title.send();
    title.change("short", true);
    assign("");
    expect(title.view()).toMatchObject({ draft: "short", dirty: true });
  });

  test("empties an input of spaces, and keeps the spelling of other text", async () => {
    const title = bind();
    focus(title);
    title.change(" ", true);
    title.send();
    first().answer({ title: "" });
    await settle();
    assign("");
    expect(title.view().draft).toBe("");
    title.change("new ", true);
    title.send();
    first().answer({ title: "new" });
    await settle();
    assign("new");
    expect(title.view().draft).toBe("new ");
  });
});

test("text that no event told of is read from the screen before it is sent", async () => {
  const title = bind();
  title.screen = { type: () => "date", isFocused: () => false, readUnseen: () => title.change("filled in", true) };
  title.send();
  expect(engine.log).toEqual(["write title filled in"]);
});

test("a field that leaves the page sends its text and shows the server's value after that", async () => {
  const title = bind();
  focus(title);
  title.change(" x ", true);
  title.screen = { type: () => "date", isFocused: () => false, readUnseen: () => undefined };
  title.blur();
  expect(engine.log).toEqual(["write title  x "]);
  first().answer({ title: "x" });
  await settle();
  expect(title.view()).toMatchObject({ draft: "x", dirty: false });
});

test("a failure that is no mistake of the user is reported", async () => {
  const title = bind();
  title.change("x", true);
  void title.flush();
  first().fail("EVENT_FAILED", "It failed.");
  await settle();
  expect(failures.map((error) => error.code)).toEqual(["EVENT_FAILED"]);
});

describe("text that the server has not accepted", () => {
  const FAILURES = ["EVENT_FAILED", "EVENT_GUARD_FAILED", "CHANNEL_RATE_LIMITED", "CLIENT_FRAME_TOO_LARGE"];
  const taken = [{ path: "", message: "Taken" }] as const;

  async function failed(code: string, issues?: ClientError["issues"]): Promise<FieldBinding> {
    const title = bind();
    title.change("Ada", true);
    await vi.advanceTimersByTimeAsync(150);
    first().fail(code, "It failed.", issues);
    await settle();
    expect(title.view()).toMatchObject({ draft: "Ada", dirty: true, pending: false });
    return title;
  }

  test.each([...FAILURES, "CLIENT_QUEUE_FULL", "CLIENT_OUTCOME_UNKNOWN"])(
    "is sent again by a submit: %s",
    async (code) => {
      const title = await failed(code);
      const submitted = title.flush();
      expect(engine.log).toEqual(["write title Ada", "write title Ada"]);
      first().answer({ title: "Ada" });
      expect(await submitted).toBe(true);
      expect(title.view()).toMatchObject({ draft: "Ada", dirty: false, error: undefined });
    },
  );

  test("is sent again by a submit and by an event when its schema refused it: it may be accepted by now", async () => {
    const title = await failed("EVENT_ARGS_INVALID", taken);
    title.send();
    first().fail("EVENT_ARGS_INVALID", "Invalid.", taken);
    await settle();
    expect(title.view().error).toMatchObject({ issues: taken });
    const submitted = title.flush();
    first().answer({ title: "Ada" });
    expect([await submitted, engine.log.length]).toEqual([true, 3]);
  });

  test("is sent again when the input is left, unless its schema has refused it", async () => {
    (await failed("EVENT_FAILED")).blur();
    expect(engine.log.length).toBe(2);
    first().answer({ title: "Ada" });
    await settle();
    (await failed("EVENT_ARGS_INVALID", taken)).blur();
    expect(engine.log.length).toBe(3);
  });

  test("is sent again when the connection is back; while it stays, only what the connection itself had failed", async () => {
    const title = await failed("EVENT_FAILED");
    title.sendFailed(false);
    expect(engine.log.length).toBe(1);
    title.sendFailed(true);
    first().fail("CLIENT_QUEUE_FULL", "Full.");
    await settle();
    title.sendFailed(false);
    first().answer({ title: "Ada" });
    await settle();
    expect(title.view()).toMatchObject({ dirty: false, error: undefined });
    title.sendFailed(true);
    expect(engine.log.length).toBe(3);
  });

  test("is not sent to another user by a connection that is back", async () => {
    const title = await failed("CLIENT_USER_CHANGED");
    title.sendFailed(false);
    title.sendFailed(true);
    expect(engine.log.length).toBe(1);
  });

  test("is not replaced by what others assign, for it counts as if it were not sent", async () => {
    const title = await failed("EVENT_FAILED");
    engine.change("notes.NotesState", { title: "from elsewhere" });
    expect(title.view().draft).toBe("Ada");
  });

  test("is told of once, and again by each submit that it stops", async () => {
    const title = await failed("EVENT_FAILED");
    const again = async (send: () => unknown) => {
      send();
      first().fail("EVENT_FAILED", "It failed.");
      await settle();
      return failures.length;
    };
    expect([await again(() => title.send()), await again(() => title.blur())]).toEqual([1, 1]);
    expect([await again(() => title.flush()), await again(() => title.flush())]).toEqual([2, 3]);
  });
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
  focus(count);
  count.change("2.", true);
  await vi.advanceTimersByTimeAsync(150);
  first().answer({ count: 2 });
  await settle();
  expect(count.view()).toMatchObject({ draft: "2.", value: 2, dirty: false });
});

test("the kind of a value is remembered over null and an empty list, and follows another kind of value", () => {
  const field = bind();
  const kinds = [null, [1], [], [2], null, "text", null, new Date(0), true].map((title) => {
    engine.change("notes.NotesState", { title });
    return field.kind;
  });
  expect(kinds).toEqual(["text", "numbers", "numbers", "numbers", "numbers", "text", "text", "date", "boolean"]);
});

test("a tick is written at once", async () => {
  const done = bind("done");
  done.change(true, false);
  expect(engine.log).toEqual(["write done true"]);
});

test("a field that waits for the input to be left writes nothing before", async () => {
  const title = bind();
  title.delay = Number.POSITIVE_INFINITY;
  focus(title);
  type(title, "Milk");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(engine.log).toEqual([]);
  focus(title, false);
  expect(engine.log).toEqual(["write title Milk"]);
});

test("a date input whose var was null writes null when it is emptied", async () => {
  engine.change("notes.NotesState", { title: null });
  const title = bind();
  focus(title);
  title.view();
  engine.change("notes.NotesState", { title: "2026-01-05" });
  expect(title.view().draft).toBe("2026-01-05");
  title.change("", true);
  await vi.advanceTimersByTimeAsync(150);
  expect(first().args).toEqual([null]);
});
