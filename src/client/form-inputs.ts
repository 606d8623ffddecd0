/** What each input of a form held at a moment. */
export type HeldInputs = ReadonlyMap<Element, string>;

/** Notes what the inputs of a form hold. */
export function heldInputs(form: HTMLFormElement): HeldInputs {
  return new Map([...form.elements].map((element) => [element, heldBy(element)]));
}

/**
 * Gives inputs their initial values back, as the form's own `reset()` does, but leaves out those that have changed since
 * `held` was noted: what the user has typed meanwhile stays.
 */
export function resetInputs(form: HTMLFormElement, held: HeldInputs, isLeftOut: (element: Element) => boolean): void {
  for (const element of form.elements) {
    if (!isLeftOut(element) && held.get(element) === heldBy(element)) resetInput(element);
  }
}

function resetInput(element: Element): void {
  if (element instanceof HTMLSelectElement) {
    const { options } = element;
    for (const option of options) option.selected = option.defaultSelected;
    const isOne = element.type === "select-one";
    if (isOne && element.selectedIndex < 0)
      element.selectedIndex = [...options].findIndex((option) => !option.disabled);
  } else if (element instanceof HTMLTextAreaElement) {
    element.value = element.defaultValue;
  } else if (element instanceof HTMLInputElement) {
    // Of a hidden input, a box or a button the value is a part of the page.
    if (element.type === "checkbox" || element.type === "radio") element.checked = element.defaultChecked;
    else if (element.type === "file") element.value = "";
    else if (!["hidden", "submit", "button", "reset", "image"].includes(element.type))
      element.value = element.defaultValue;
  }
}

function heldBy(element: Element): string {
  if (element instanceof HTMLSelectElement) {
    return JSON.stringify(Array.from(element.selectedOptions, (option) => option.value));
  }
  if (element instanceof HTMLTextAreaElement) return element.value;
  if (!(element instanceof HTMLInputElement)) return "";
  return element.type === "checkbox" || element.type === "radio" ? String(element.checked) : element.value;
}
