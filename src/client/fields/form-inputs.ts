import { BUTTONS, type Control, contentOf, elementsOf, isControl, isTickable } from "./controls.ts";

/** Content of each input of a form at one time. */
export type HeldInputs = ReadonlyMap<Element, string>;

/** Notes what the inputs of a form hold. */
export function heldInputs(form: HTMLFormElement): HeldInputs {
  return new Map([...elementsOf(form)].filter(isControl).map((control) => [control, contentOf(control)]));
}

/**
 * Gives inputs their initial values back, as the form's own `reset()` does, but leaves out those that have changed since
 * `held` was noted: what the user has typed meanwhile stays.
 */
export function resetInputs(form: HTMLFormElement, held: HeldInputs, isLeftOut: (element: Element) => boolean): void {
  for (const control of [...elementsOf(form)].filter(isControl)) {
    if (!isLeftOut(control) && held.get(control) === contentOf(control)) resetInput(control);
  }
}

function resetInput(element: Control): void {
  if (element instanceof HTMLSelectElement) {
    const { options } = element;
    for (const option of options) option.selected = option.defaultSelected;
    const isOne = element.type === "select-one";
    if (isOne && element.selectedIndex < 0)
      element.selectedIndex = [...options].findIndex((option) => !option.disabled);
  } else if (element instanceof HTMLTextAreaElement) {
    element.value = element.defaultValue;
  } else {
    // Of a hidden input, a box or a button the value is a part of the page.
    if (isTickable(element)) element.checked = element.defaultChecked;
    else if (element.type === "file") element.value = "";
    else if (element.type !== "hidden" && !BUTTONS.includes(element.type)) element.value = element.defaultValue;
  }
}
