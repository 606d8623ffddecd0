/** A field of a page that may hold text which was typed but not sent. */
export interface BoundField {
  readonly state: string;
  readonly field: string;
  /** Sends what is shown now. */
  send(): void;
  /** Sends what is shown now. Resolves to whether the server has accepted all of it; never rejects. */
  flush(): Promise<boolean>;
  /** Whether an element shows the field. */
  owns(element: Element): boolean;
  /** Whether the field is part of a form. */
  isIn(form: HTMLFormElement): boolean;
}

/** The bound fields of a page, so that typed text is sent before an event, a submit or a navigation needs it. */
export class FieldRegistry {
  readonly #fields = new Set<BoundField>();

  /** Adds a field until the returned function is called. */
  add(field: BoundField): () => void {
    this.#fields.add(field);
    return () => this.#fields.delete(field);
  }

  /** Sends what the fields of all states show: an event may read any of them. */
  sendAll(): void {
    for (const field of this.#fields) field.send();
  }

  /** Sends what all fields show. Resolves to whether the server has accepted those that are part of the form. */
  async flush(form: HTMLFormElement): Promise<boolean> {
    const fields = [...this.#fields];
    const accepted = await Promise.all(fields.map((field) => field.flush()));
    // A wrong field elsewhere on the page does not concern this form.
    return fields.every((field, index) => accepted[index] || !field.isIn(form));
  }

  /** Whether a field of a state is bound under this name. */
  has(state: string, field: string): boolean {
    return [...this.#fields].some((other) => other.state === state && other.field === field);
  }

  /** Whether a bound field is shown by this element. */
  owns(element: Element): boolean {
    return [...this.#fields].some((field) => field.owns(element));
  }
}
