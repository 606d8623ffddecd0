/** A field of a page that may hold text which was typed but not sent. */
export interface FlushableField {
  readonly state: string;
  readonly field: string;
  /** Sends what was typed. Resolves to whether the server has accepted all of it; never rejects. */
  flush(): Promise<boolean>;
}

/** The bound fields of a page, so that typed text is sent before an event, a submit or a navigation needs it. */
export class FieldRegistry {
  readonly #fields = new Set<FlushableField>();

  /** Adds a field until the returned function is called. */
  add(field: FlushableField): () => void {
    this.#fields.add(field);
    return () => this.#fields.delete(field);
  }

  /** Sends the typed text of one state's fields. Resolves to the names of those that the server has not accepted. */
  async flushState(state: string): Promise<readonly string[]> {
    const fields = [...this.#fields].filter((field) => field.state === state);
    const accepted = await Promise.all(fields.map((field) => field.flush()));
    return fields.filter((_, index) => !accepted[index]).map((field) => field.field);
  }

  /** Sends the typed text of all fields, before the page is left. */
  flushAll(): void {
    for (const field of this.#fields) void field.flush();
  }

  /** Whether a field of a state is bound under this name. */
  has(state: string, field: string): boolean {
    return [...this.#fields].some((other) => other.state === state && other.field === field);
  }
}
