/** The elements of a field, as its binding uses them. */
export interface FieldScreen {
  /** Type of the input that shows a date; undefined before it is known. */
  type(): string | undefined;
  /** Whether the user is in one of the elements now. */
  isFocused(): boolean;
  /** Calls `change()` for what an element shows that no event has told of. */
  readUnseen(): void;
}

/** The screen of a field that no element shows. */
export const NO_SCREEN: FieldScreen = { type: () => "date", isFocused: () => false, readUnseen: () => undefined };
