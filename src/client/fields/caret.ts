/** A selection inside a text input. */
export interface Selection {
  readonly start: number;
  readonly end: number;
  readonly direction: "forward" | "backward" | "none";
}

/**
 * Where a position in one text belongs in another text that was made from it (by trimming, changing case, formatting).
 *
 * What stands before the first difference keeps its distance from the start, all else its distance from the end.
 *
 * @example
 * movedPosition("1234", "1,234", 4); // 5
 */
export function movedPosition(before: string, after: string, position: number): number {
  let prefix = 0;
  while (prefix < before.length && prefix < after.length && before[prefix] === after[prefix]) prefix++;
  if (position <= prefix && !(position === before.length && after.length < before.length)) {
    return Math.min(position, after.length);
  }
  return Math.max(Math.min(prefix, after.length), after.length - (before.length - position));
}

/** The selection of an element, or undefined when it has none (a checkbox, a number input). */
export function readSelection(element: Element): Selection | undefined {
  const { selectionStart, selectionEnd, selectionDirection } = element as Partial<HTMLInputElement>;
  if (typeof selectionStart !== "number" || typeof selectionEnd !== "number") return undefined;
  return { start: selectionStart, end: selectionEnd, direction: selectionDirection ?? "none" };
}

/** Puts the selection where it belongs after the element's text has changed from `before` to what it holds now. */
export function restoreSelection(element: Element, before: string, selection: Selection): void {
  const input = element as HTMLInputElement;
  const start = movedPosition(before, input.value, selection.start);
  const end = movedPosition(before, input.value, selection.end);
  input.setSelectionRange(start, end, selection.direction);
}
