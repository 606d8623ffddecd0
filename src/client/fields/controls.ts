/** An element that holds a value of the user. */
export type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** A checkbox or a radio button. */
type Tickable = HTMLInputElement & { readonly type: "checkbox" | "radio" };

/** Types of inputs that are buttons. Their value is a label. */
export const BUTTONS: readonly string[] = ["submit", "reset", "button", "image"];

/** Returns whether a value is a control of the page; false where there is no DOM. */
export function isControl(value: unknown): value is Control {
  if (typeof Element === "undefined" || !(value instanceof Element)) return false;
  return value.matches("input, textarea, select");
}

/** The elements of a form, also of one that has an input with a name such as `elements`, which hides the form's own. */
export function elementsOf(form: HTMLFormElement): HTMLFormControlsCollection {
  return Reflect.get(HTMLFormElement.prototype, "elements", form);
}

/** Returns whether a control is a checkbox or a radio button. */
export function isTickable(control: Control): control is Tickable {
  return control.type === "checkbox" || control.type === "radio";
}

/** Returns the content of a control as text, to compare with its content later: a tick, the chosen options, or the value. */
export function contentOf(control: Control): string {
  if (isTickable(control)) return String(control.checked);
  if (!(control instanceof HTMLSelectElement)) return control.value;
  return JSON.stringify(Array.from(control.selectedOptions, (option) => option.value));
}
