import { type FieldKind, kindOf, type ValueKind } from "./field-value.ts";

/** The kind of a field's value, remembered: null and an empty list do not tell what the field holds otherwise. */
export class KnownKind {
  readonly #given: FieldKind | undefined;
  #kind: ValueKind | undefined;

  /** `given` is what the author says. */
  constructor(given: FieldKind | undefined) {
    this.#given = given;
    this.#kind = given;
  }

  of(value: unknown): ValueKind {
    const told = this.#given ?? kindOf(value);
    const isEmptyList = this.#kind === "numbers" && Array.isArray(value) && value.length === 0;
    if (told !== undefined && !isEmptyList) this.#kind = told;
    return this.#kind ?? "text";
  }

  /** An element of this type shows the field: it tells the kind of a null. */
  describe(type: string, value: unknown): void {
    if (this.of(value) === "text" && this.#kind === undefined && (type === "number" || type === "range")) {
      this.#kind = "number";
    }
  }
}
