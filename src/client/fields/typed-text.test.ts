// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeEngine } from "../engine/fake-engine.fixture.ts";
import { type BoundField, FieldRegistry } from "./field-registry.ts";
import { TypedText } from "./typed-text.ts";

const stops: (() => void)[] = [];
let engine: FakeEngine;
let fields: FieldRegistry;

beforeEach(() => {
  engine = new FakeEngine();
  engine.user = "ada";
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  sessionStorage.clear();
});

/** Loads the page: a field of a row that is edited, a field that belongs to nothing, and an input that is not bound. */
function load(): TypedText {
  for (const stop of stops.splice(0)) stop();
  document.body.innerHTML = '<input name="title"><input name="search"><input name="loose">';
  fields = new FieldRegistry(() => undefined);
  const bound = { title: ["editingId"], search: [] };
  for (const [name, belongsTo] of Object.entries(bound)) {
    fields.add({
      binding: { state: "S", field: name },
      belongsTo,
      owns: (element: Element) => element === input(name),
    } as unknown as BoundField);
  }
  const typed = new TypedText(engine, (control) => fields.isTied(control));
  stops.push(typed.start());
  return typed;
}

function input(name: string): HTMLInputElement {
  return document.getElementsByName(name)[0] as HTMLInputElement;
}

function typeInto(...names: string[]): void {
  for (const name of names) {
    input(name).value = `typed into ${name}`;
    const event = new Event("input", { bubbles: true });
    Object.defineProperty(event, "isTrusted", { value: true });
    input(name).dispatchEvent(event);
  }
}

const texts = () => ["title", "search", "loose"].map((name) => input(name).value);

test("a page of a new version gives back typed text, except that of fields which belong to what the old page showed", () => {
  const typed = load();
  typeInto("title", "search", "loose");
  typed.keep();
  load();
  expect(texts()).toEqual(["", "typed into search", "typed into loose"]);
});

test("text of loose inputs is not kept once the user has changed, and what the next user types is", () => {
  const typed = load();
  typeInto("search", "loose");
  engine.user = "bob";
  engine.fresh({}, false);
  typeInto("search");
  typed.keep();
  load();
  expect(texts()).toEqual(["", "typed into search", ""]);
});

test("text that one user has typed is not given to another one who loads the page", () => {
  const typed = load();
  typeInto("loose");
  typed.keep();
  engine.user = "bob";
  load();
  expect(texts()).toEqual(["", "", ""]);
});
