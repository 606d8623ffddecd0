import type { FreshStates } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";
import { readSelection, restoreSelection, type Selection } from "./caret.ts";
import { BUTTONS, type Control, contentOf, elementsOf, isControl, isTickable } from "./controls.ts";
import { isDateType } from "./date-text.ts";
import type { FieldBinding } from "./field-binding.ts";
import type { BoundField } from "./field-registry.ts";
import { type ControlLike, controlOf, readChange, type ValueKind } from "./field-value.ts";
import type { FieldView } from "./field-view.ts";

/** Types of inputs that hold one of several values: text that is not one of them is not shown. */
const STRICT: ReadonlySet<string> = new Set(["number", "range", "color"]);

/**
 * The elements that show one field: what React cannot know about them, because `useField().input` is the same for each
 * kind of control.
 */
export class FieldControls implements BoundField {
  readonly binding: FieldBinding;
  belongsTo: readonly string[] = [];
  /** Each control, with the state in which React or the user left it. */
  readonly #controls = new Map<Control, string>();
  /** The element of a component that passes no `ref` on, known from its events. */
  #other: Element | undefined;
  #isRendered = false;
  /** Set when a component passes values in place of events: the text of its input is its own. */
  #passesValues = false;
  #before: { readonly control: Control; readonly text: string; readonly selection: Selection } | undefined;

  constructor(binding: FieldBinding) {
    this.binding = binding;
    binding.screen = {
      type: () => this.#type(),
      isFocused: () => this.#isFocused(),
      readUnseen: () => this.#readUnseen(),
    };
  }

  readonly subscribe = (listener: () => void): (() => void) =>
    this.binding.subscribe(() => {
      this.#noteCaret();
      listener();
    });

  /** The `ref` of each element that shows the field. */
  readonly ref = (element: unknown): (() => void) | undefined => {
    if (!isControl(element)) return undefined;
    this.#controls.set(element, contentOf(element));
    this.binding.describeControl(element.type);
    const view = this.binding.view();
    this.#assertFits(element, view);
    this.#show(element, view, false);
    const root = element.getRootNode();
    const onReset = (event: Event) => this.#onReset(event, element);
    root.addEventListener("reset", onReset, true);
    const stopOptions = this.#followOptions(element);
    return () => {
      root.removeEventListener("reset", onReset, true);
      stopOptions();
      this.#controls.delete(element);
      // React takes an element from one field to another, and a list of elements out and in again.
      queueMicrotask(() => {
        if (this.#controls.size === 0) this.binding.blur();
      });
    };
  };

  /** Called after React has written to the elements. */
  committed(): void {
    this.#isRendered = true;
    this.binding.refresh();
    const view = this.binding.view();
    for (const control of this.#controls.keys()) this.#show(control, view, false);
    this.#restoreCaret();
  }

  /** The user changed an element, or a component passed a value. @throws CLIENT_FIELD_CONTROL, CLIENT_FIELD_FILE */
  change(change: unknown): void {
    const control = controlOf(change);
    if (control) this.#assertKind(control);
    else this.#passesValues = true;
    if (isControl(control) && this.#controls.has(control)) this.#controls.set(control, contentOf(control));
    const { given, isTyping, problem } = readChange(change, this.binding.view().draft);
    this.binding.change(given, isTyping, problem);
  }

  /** An element has got the focus: the one that a component shows may be known by nothing else. */
  focus(element: Element): void {
    this.#other = isControl(element) && this.#controls.has(element) ? undefined : element;
  }

  /** Called when the states were reset. Text of another user is removed from the elements, even if no event reported it. */
  beginEpoch(fresh: FreshStates, fits: (() => boolean) | undefined): void {
    this.binding.beginEpoch(fresh, fits);
    const view = this.binding.view();
    if (!fresh.sameOwner) for (const control of this.#controls.keys()) this.#show(control, view, true);
  }

  /** Whether an element shows this field. */
  owns(element: Element): boolean {
    return isControl(element) && this.#controls.has(element);
  }

  /** Whether the field is part of a form. */
  isIn(form: HTMLFormElement): boolean {
    if (this.#controls.size === 0) return elementsOf(form).namedItem(this.binding.field) !== null;
    return [...this.#controls.keys()].some((control) => control.form === form);
  }

  #isFocused(): boolean {
    return this.#elements().some((element) => element.contains(activeIn(element)));
  }

  #elements(): Element[] {
    return this.#other ? [...this.#controls.keys(), this.#other] : [...this.#controls.keys()];
  }

  #type(): string | undefined {
    for (const control of this.#controls.keys()) if (isDateType(control.type)) return control.type;
    // Of the elements of a first render nothing is known before they are there.
    return this.#isRendered ? "date" : undefined;
  }

  /** Puts into an element what React does not: ticks of a group, the choice of a select, whatever a reset has changed. */
  #show(control: Control, { kind, draft }: FieldView, force: boolean): void {
    if (control.type === "radio") {
      (control as HTMLInputElement).checked = control.value === String(draft);
    } else if (control.type === "checkbox") {
      const isTicked = Array.isArray(draft) ? draft.includes(control.value) : draft === true;
      if (force || kind !== "boolean") (control as HTMLInputElement).checked = isTicked;
    } else if (control.type === "select-one") {
      // A value that no option has is shown as no choice, not as the first option.
      if (control.value !== draft) control.value = String(draft);
    } else if (control.type === "select-multiple") {
      const chosen = draft as readonly string[];
      if (force)
        for (const option of (control as HTMLSelectElement).options) option.selected = chosen.includes(option.value);
    } else if (force && control.value !== draft) {
      control.value = String(draft);
    }
    this.#controls.set(control, contentOf(control));
  }

  /** Shows the choice again when options of a select change, which another component may have rendered. */
  #followOptions(control: Control): () => void {
    if (!(control instanceof HTMLSelectElement)) return () => undefined;
    const observer = new MutationObserver(() => this.#show(control, this.binding.view(), true));
    observer.observe(control, { childList: true, subtree: true, characterData: true, attributeFilter: ["value"] });
    return () => observer.disconnect();
  }

  /**
   * Tells the binding of text in an element that no event has told of, as after a password manager has filled it in.
   * A component's input shows text of the component's own making, which is not looked at.
   */
  #readUnseen(): void {
    if (this.#passesValues) return;
    const { kind } = this.binding;
    for (const [control, before] of this.#controls) {
      const isOwnText = isTextual(control) && fits(kind, control.type) && before === this.binding.view().draft;
      if (!isOwnText || control.value === before) continue;
      this.#controls.set(control, control.value);
      const { given, isTyping, problem } = readChange({ target: control }, before);
      this.binding.change(given, isTyping, problem);
    }
  }

  #onReset(event: Event, control: Control): void {
    const form = control.form;
    if (form === null || event.target !== form) return;
    // The browser resets the inputs after the event.
    setTimeout(() => {
      if (event.defaultPrevented || !this.#controls.has(control)) return;
      this.binding.reset();
      this.#show(control, this.binding.view(), true);
    });
  }

  /** @throws CLIENT_FIELD_CONTROL, CLIENT_FIELD_FILE */
  #assertKind(control: ControlLike): void {
    const { kind, field } = this.binding;
    if (control.type === "file") throw clientErrors.CLIENT_FIELD_FILE(field);
    if (!fits(kind, control.type)) throw clientErrors.CLIENT_FIELD_CONTROL(field, wanted(kind), described(control));
  }

  /** Refuses an element that cannot show the field's value, before anything is written. */
  #assertFits(control: Control, { draft }: FieldView): void {
    const isStrict = STRICT.has(control.type) || isDateType(control.type);
    if (isTextual(control)) {
      // The inner input of a component has no name, or shows text of the component's own making.
      if (control.name !== this.binding.field) return;
      const isShown = control.value === textOf(draft) || (isStrict && control.value === "");
      if (typeof draft === "object" && !isShown) return;
    }
    this.#assertKind(control);
    if (!isStrict || typeof draft !== "string" || draft === "") return;
    // A date is written when the type of its input is known.
    if (this.binding.kind === "date" || isSameText(control.value, draft)) return;
    throw clientErrors.CLIENT_FIELD_CONTROL(
      this.binding.field,
      `a value that it can show instead of "${draft.slice(0, 40)}"`,
      described(control),
    );
  }

  #noteCaret(): void {
    const control = this.#elements().find((element) => element === activeIn(element));
    const selection = isControl(control) ? readSelection(control) : undefined;
    this.#before = selection && { control: control as Control, text: (control as Control).value, selection };
  }

  #restoreCaret(): void {
    const before = this.#before;
    this.#before = undefined;
    if (!before || before.control !== activeIn(before.control)) return;
    // Equal text means that the user typed it: the browser has put the caret already.
    if (before.control.value !== before.text) restoreSelection(before.control, before.text, before.selection);
  }
}

/** The element that has the focus in the document or shadow root of an element. */
function activeIn(element: Element): Element | null {
  const root = element.getRootNode();
  return "activeElement" in root ? (root as Document | ShadowRoot).activeElement : null;
}

function isTextual(control: Control): boolean {
  return !isTickable(control) && !control.type.startsWith("select-");
}

function fits(kind: ValueKind, type: string): boolean {
  if (BUTTONS.includes(type)) return false;
  switch (kind) {
    case "boolean":
      return type === "checkbox";
    case "list":
    case "numbers":
      return type === "checkbox" || type === "select-multiple";
    case "date":
      return isDateType(type);
    case "number":
      return type !== "checkbox" && type !== "select-multiple" && type !== "color" && !isDateType(type);
    case "text":
      return type !== "checkbox" && type !== "select-multiple";
    case "other":
      return false;
  }
}

function wanted(kind: ValueKind): string {
  switch (kind) {
    case "boolean":
      return 'a checkbox, because the value is a boolean (for null, say kind: "boolean")';
    case "list":
    case "numbers":
      return "checkboxes that each have a value, or a select with multiple, because the value is a list";
    case "date":
      return "an input of type date, datetime-local, month, week or time, because the value is a Date";
    case "number":
      return "an input for text or numbers, a select or radios, because the value is a number";
    case "text":
      return 'an input for text, a select or radios, because the value is text, or null without the option "kind"';
    case "other":
      return "a component of your own that gets value and onChange of useField(), because the value is an object";
  }
}

function described(control: ControlLike): string {
  return typeof HTMLInputElement !== "undefined" && control instanceof HTMLInputElement
    ? `an input of type ${control.type}`
    : `a ${control.type}`;
}

function textOf(draft: FieldView["draft"]): string {
  return String(typeof draft === "object" && "other" in draft ? draft.other : draft);
}

/** Whether a browser shows a text as it was given: the same number, or the same color. */
function isSameText(shown: string, draft: string): boolean {
  if (shown === "") return false;
  return shown.toLowerCase() === draft.toLowerCase() || Number(shown) === Number(draft);
}
