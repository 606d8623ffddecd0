import type { BoundField, FieldRegistry } from "./field-registry.ts";

/** One submit of a form: what it calls gets the text of the moment of the submit, whatever the user types on meanwhile. */
export class Submission {
  readonly #registry: FieldRegistry;
  readonly #form: HTMLFormElement;
  readonly #fields: readonly BoundField[];

  /** `fields` are those of the whole page: an event may read any of them. */
  constructor(registry: FieldRegistry, form: HTMLFormElement, fields: readonly BoundField[]) {
    this.#registry = registry;
    this.#form = form;
    this.#fields = fields;
  }

  /** Sends what all fields show, and keeps back what is typed from here on. Resolves to whether the server has accepted the form's. */
  async send(): Promise<boolean> {
    const accepted = await Promise.all(this.#fields.map(({ binding }) => binding.submit()));
    // A wrong field elsewhere on the page does not concern this form.
    return this.#fields.every((field, index) => accepted[index] || !field.isIn(this.#form));
  }

  /** Calls what was submitted. Fields outside of the form need not wait for its answer. */
  call<T>(work: () => T): T {
    for (const { binding } of this.#fields) binding.callSubmitted();
    try {
      return this.#registry.withoutSending(work);
    } finally {
      for (const field of this.#fields) if (!field.isIn(this.#form)) field.binding.endSubmit();
    }
  }

  /** The submit was answered, or refused: what was kept back is sent. */
  end(): void {
    for (const { binding } of this.#fields) binding.endSubmit();
  }
}
