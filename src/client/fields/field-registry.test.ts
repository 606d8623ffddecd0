import { beforeEach, describe, expect, test } from "vitest";
import type { ClientError } from "../engine/engine-types.ts";
import { FakeEngine, type FakeRequest } from "../engine/fake-engine.fixture.ts";
import { FieldBinding } from "./field-binding.ts";
import { FieldRegistry } from "./field-registry.ts";

const STATE = "notes.NotesState";
const form = {} as HTMLFormElement;
let engine: FakeEngine;
let registry: FieldRegistry;
let failures: ClientError[];

beforeEach(() => {
  engine = new FakeEngine();
  failures = [];
  engine.change(STATE, { title: "", note: "", count: 1, editingId: null });
  registry = new FieldRegistry((state) => engine.snapshot(state));
  engine.onFresh((fresh) => registry.beginEpoch(fresh));
});

/** Begins a submit of a form, and returns whether its fields were accepted. */
const flush = async () => registry.submission(form).send();

/** Binds an input as `useField()` does. */
function bind(field = "title", belongsTo: readonly string[] = []): FieldBinding & { unmount(): void } {
  const address = { engine, state: STATE, field };
  const origin = registry.origin(address);
  const binding = new FieldBinding({ ...address, origin, onFailure: (error) => failures.push(error) });
  const stop = binding.subscribe(() => undefined);
  const remove = registry.add({
    binding,
    belongsTo,
    beginEpoch: (fresh, fits) => binding.beginEpoch(fresh, fits),
    owns: () => false,
    isIn: () => true,
  });
  return Object.assign(binding, {
    unmount: () => {
      stop();
      remove();
    },
  });
}

const anew = (vars: object, sameOwner = true) =>
  engine.fresh({ [STATE]: { title: "", note: "", count: 1, editingId: null, ...vars } }, sameOwner);
const first = (): FakeRequest => engine.requests[0] as FakeRequest;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const tooLong = [{ path: "", message: "Too long" }] as const;
const notWritten = { code: "CLIENT_TEXT_NOT_WRITTEN" };

/** The user types, and the server has accepted it. */
async function typed(binding: FieldBinding, text: unknown, accepted = text): Promise<void> {
  binding.change(text, true);
  binding.send();
  first().answer({ [binding.field]: accepted });
  await settle();
  engine.log.length = 0;
}

describe("what the user typed is written into fresh states", () => {
  test("when the server had accepted it, also in other spelling", async () => {
    const [title, note] = [bind(), bind("note")];
    await typed(title, " milk ", "MILK");
    await typed(note, "two litres");
    anew({});
    expect(engine.log).toEqual(["write title MILK", "write note two litres"]);
    expect(title.view()).toMatchObject({ draft: "MILK", pending: true });
    first().answer({ title: "MILK" });
    await settle();
    expect(title.view()).toMatchObject({ draft: "MILK", dirty: false, pending: false });
    anew({});
    expect(engine.log.slice(2)).toEqual(["write title MILK", "write note two litres"]);
  });

  test("when a handler had emptied the field, as it is in the fresh states, before they typed", async () => {
    const title = bind();
    await typed(title, "Milk");
    engine.change(STATE, { title: "" });
    await typed(title, "Bread");
    anew({});
    expect(engine.log).toEqual(["write title Bread"]);
  });

  test("but not where they hold it already", async () => {
    await typed(bind(), "Milk");
    anew({ title: "Milk" });
    expect(engine.log).toEqual([]);
  });

  test("when its write was lost, and the loss is not reported", async () => {
    const title = bind();
    title.change("Milk", true);
    const flushed = title.flush();
    const lost = first();
    anew({});
    lost.fail("CLIENT_OUTCOME_UNKNOWN", "Lost.");
    await settle();
    expect([failures, title.view().error]).toEqual([[], undefined]);
    expect(engine.log).toEqual(["write title Milk", "write title Milk"]);
    first().answer({ title: "Milk" });
    expect(await flushed).toBe(true);
  });

  test("when it waited for a pause, and when it was refused, which it is again", async () => {
    const title = bind();
    title.change("too long", true);
    anew({});
    expect(engine.log).toEqual(["write title too long"]);
    first().fail("EVENT_ARGS_INVALID", "Invalid.", tooLong);
    await settle();
    anew({});
    first().fail("EVENT_ARGS_INVALID", "Invalid.", tooLong);
    await settle();
    expect(title.view()).toMatchObject({ draft: "too long", error: { message: "Invalid." } });
  });

  test("when it was on its way while they were elsewhere, though the screen is looked at first", async () => {
    const title = bind();
    title.change("Milk", true);
    title.screen = { type: () => "date", isFocused: () => false, readUnseen: () => void title.view() };
    title.send();
    anew({});
    expect(engine.log).toEqual(["write title Milk", "write title Milk"]);
    expect(title.view().draft).toBe("Milk");
  });

  test("when its input was gone and is back", async () => {
    const before = bind();
    await typed(before, "Milk");
    before.unmount();
    bind();
    anew({});
    expect(engine.log).toEqual(["write title Milk"]);
  });

  test("once, when several inputs show the field", async () => {
    const [one, other] = [bind(), bind()];
    await typed(other, "Milk");
    anew({});
    expect(engine.log).toEqual(["write title Milk"]);
    first().answer({ title: "Milk" });
    await settle();
    expect([one.view().draft, other.view().draft]).toEqual(["Milk", "Milk"]);
  });

  test("but no half-typed number, which stays in the input", () => {
    const count = bind("count");
    count.change("1x", true);
    anew({});
    expect(engine.log).toEqual([]);
    expect(count.view()).toMatchObject({ draft: "1x", error: { message: "Enter a number." } });
  });

  test("but nothing into those of another user, and the input shows nothing of it", async () => {
    const title = bind();
    await typed(title, "secret");
    title.change("secret plan", true);
    anew({}, false);
    expect(title.view()).toMatchObject({ draft: "", dirty: false });
    title.send();
    expect(engine.log).toEqual([]);
  });
});

describe("of several inputs of one field the newest text counts", () => {
  /** Two inputs: the user typed into the first, then into the second. */
  function twice(isReverse: boolean) {
    const [one, other] = [bind(), bind()];
    const [older, newer] = isReverse ? [other, one] : [one, other];
    older.change("older", true);
    return { older, newer };
  }

  test.each([[false], [true]])(
    "over an older one whose write has failed (bound the other way round: %s)",
    async (isReverse) => {
      const { older, newer } = twice(isReverse);
      older.send();
      first().fail("CLIENT_OUTCOME_UNKNOWN", "Lost.");
      await settle();
      newer.change("newer", true);
      registry.sendAll();
      first().answer({ title: "newer" });
      await settle();
      registry.sendAll();
      registry.sendFailed(true);
      await expect(flush()).resolves.toBe(true);
      expect(engine.log).toEqual(["write title older", "write title newer"]);
      expect([older.view(), newer.view()]).toMatchObject([{ draft: "newer", error: undefined }, { draft: "newer" }]);
    },
  );

  test.each([[false], [true]])("over an older one that is unsent (%s)", (isReverse) => {
    const { older, newer } = twice(isReverse);
    newer.change("newer", true);
    registry.sendAll();
    older.blur();
    expect(engine.log).toEqual(["write title newer"]);
  });

  test.each([[false], [true]])("also when it is written into fresh states (%s)", (isReverse) => {
    const { newer } = twice(isReverse);
    newer.change("newer", true);
    anew({});
    expect(engine.log).toEqual(["write title newer"]);
  });

  test("and the older one is sent when the newer one was given up", () => {
    const { newer } = twice(false);
    newer.change("newer", true);
    newer.reset();
    registry.sendAll();
    expect(engine.log).toEqual(["write title older"]);
  });
});

describe("what nobody typed is not written into fresh states", () => {
  test.each([
    ["the same value", "a"],
    ["another value", "newer, by a colleague"],
  ])("and the input shows theirs: %s", (_, fresh) => {
    const title = bind();
    engine.change(STATE, { title: "a" });
    anew({ title: fresh });
    expect(engine.log).toEqual([]);
    expect(title.view()).toMatchObject({ draft: fresh, dirty: false, error: undefined });
  });

  test("nor what a handler assigned after the user had typed", async () => {
    const title = bind();
    await typed(title, "Milk");
    engine.change(STATE, { title: "assigned" });
    anew({});
    expect([engine.log, title.view().draft]).toEqual([[], ""]);
  });

  test("nor what a handler assigned together with the answer to what they typed", async () => {
    const title = bind();
    title.change("Milk", true);
    title.send();
    first().answer({ title: "Milk" });
    engine.change(STATE, { title: "assigned" });
    await settle();
    anew({});
    expect([engine.log, title.view().draft]).toEqual([["write title Milk"], ""]);
  });
});

describe("text for something that the fresh states do not show", () => {
  /** The form shows a row, the user corrects it, and the server is started again. */
  async function edited(belongsTo: readonly string[] = [], fresh: object = {}) {
    const [title, note] = [bind("title", belongsTo), bind("note", belongsTo)];
    engine.change(STATE, { title: "a row", note: "", editingId: 3 });
    await typed(note, "corrected");
    anew(fresh);
    return { title, note };
  }

  test.each([
    ["of a class that names nothing", []],
    ["of a class that names the row", ["editingId"]],
  ])("stays in the input, unsent and with an error, and stops one submit: %s", async (_, belongsTo) => {
    const { title, note } = await edited(belongsTo);
    expect(title.view()).toMatchObject({ draft: "", error: undefined });
    expect(note.view()).toMatchObject({ draft: "corrected", dirty: true, error: notWritten });
    registry.sendAll();
    note.blur();
    registry.sendFailed(true);
    await settle();
    expect(note.view()).toMatchObject({ draft: "corrected", pending: false, error: notWritten });
    expect(engine.log).toEqual([]);
    await expect(flush()).rejects.toMatchObject(notWritten);
    expect(engine.log).toEqual([]);
    const submitted = flush();
    first().answer({ note: "corrected" });
    expect([await submitted, engine.log]).toEqual([true, ["write note corrected"]]);
    expect(note.view()).toMatchObject({ error: undefined, dirty: false });
  });

  test.each([[[]], [["editingId"]]])("stays unsent over another restart: %j", async (belongsTo) => {
    const { note } = await edited(belongsTo);
    anew({});
    anew({});
    registry.sendAll();
    await settle();
    expect([note.view().draft, engine.log]).toEqual(["corrected", []]);
    expect(note.view()).toMatchObject({ error: notWritten });
    await expect(flush()).rejects.toMatchObject(notWritten);
  });

  test("is written when the user types on, as any text is; the next submit still asks once", async () => {
    const { note } = await edited();
    note.change("corrected more", true);
    registry.sendAll();
    expect(engine.log).toEqual(["write note corrected more"]);
    first().answer({ note: "corrected more" });
    await settle();
    await expect(flush()).rejects.toMatchObject(notWritten);
    expect(await Promise.race([flush(), settle().then(() => "sent")])).toBe(true);
  });

  test("is written when a handler opens the same again, and gives way to something else", async () => {
    const { note } = await edited();
    registry.sendAll();
    engine.change(STATE, { title: "a row", note: "", editingId: 3 });
    expect(engine.log).toEqual(["write note corrected"]);
    first().answer({ note: "corrected" });
    await settle();
    expect(note.view()).toMatchObject({ draft: "corrected", error: undefined, dirty: false });
    anew({});
    registry.sendAll();
    engine.change(STATE, { title: "another row", note: "of it", editingId: 4 });
    expect(note.view()).toMatchObject({ draft: "of it", error: undefined, dirty: false });
  });

  test("is written when the named vars are as before, though the row's values are newer", async () => {
    await edited(["editingId"], { editingId: 3, title: "newer" });
    expect(engine.log).toEqual(["write note corrected"]);
  });

  test("is withheld when a colleague has changed the row meanwhile, and the class names nothing", async () => {
    const { title, note } = await edited([], { editingId: 3, title: "newer" });
    expect([title.view().draft, note.view().draft, engine.log]).toEqual(["newer", "corrected", []]);
  });

  test("is withheld when another named var differs, also where every field of the row is empty", async () => {
    const note = bind("note", ["editingId"]);
    engine.change(STATE, { note: "", editingId: 3 });
    await typed(note, "corrected");
    anew({});
    expect([note.view().draft, engine.log]).toEqual(["corrected", []]);
  });

  test("is discarded by a reset, after which the field is an ordinary one", async () => {
    const { note } = await edited();
    note.reset();
    expect(note.view()).toMatchObject({ draft: "", error: undefined, dirty: false });
    note.change("new", true);
    expect(await Promise.race([flush(), settle().then(() => "sent")])).toBe("sent");
    expect(engine.log).toEqual(["write note new"]);
  });
});
