import { type FieldKind, kindOf, type ValueKind } from "./field-value.ts";

/** The kind of a field's value, remembered: null and an empty list do not tell what the field holds otherwise. */
export class KnownKind {
  readonly #given: FieldKind | undefined;
  #kind: ValueKind | undefined;
  #isNullable: boolean;

  /** `given` is the option of the author; `isNullable` tells whether the class begins with null. */
  constructor(given: FieldKind | undefined, isNullable = false) {
    this.#given = given;
    this.#isNullable = isNullable;
    this.#kind = given;
  }

  /** Whether the var is known to allow null: its class begins with it, or it was null before. */
  get isNullable(): boolean {
    return this.#isNullable;
  }

  of(value: unknown): ValueKind {
    if (value === null) this.#isNullable = true;
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
