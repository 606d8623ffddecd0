import type { FieldDraft, FieldReading } from "./field-value.ts";

/** The text of a field at the moment of a submit, from that moment until the event that it calls has been answered. */
export class SubmittedText {
  /** The binding's count of the text. */
  readonly count: number;
  readonly value: unknown;
  /** Whether it can be written again: what the input itself refuses cannot. */
  readonly isWritable: boolean;
  /** Whether the server, or the input itself, has refused it. */
  isRefused: boolean;
  /** Undefined when the user has typed something that does not continue the text. */
  #draft: string | undefined;

  constructor(count: number, text: FieldReading) {
    this.count = count;
    this.isWritable = "value" in text;
    this.value = "value" in text ? text.value : undefined;
    this.isRefused = !this.isWritable;
    this.#draft = typeof text.draft === "string" && text.draft !== "" ? text.draft : undefined;
  }

  /** A write was answered. Returns whether it was of this text. */
  answered(count: number, isRefused: boolean): boolean {
    if (count !== this.count) return false;
    this.isRefused = isRefused;
    return true;
  }

  /** The user has typed on. */
  typedOn(draft: FieldDraft): void {
    if (typeof draft !== "string" || !draft.startsWith(this.#draft ?? "")) this.#draft = undefined;
  }

  /** Returns what the user has typed behind the text, once: then the text is no longer part of the draft. */
  takeRest(draft: FieldDraft | undefined): string | undefined {
    const submitted = this.#draft;
    if (submitted === undefined || typeof draft !== "string" || draft === submitted) return undefined;
    this.#draft = undefined;
    return draft.slice(submitted.length);
  }
}
