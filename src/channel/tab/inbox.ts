/**
 * Takes each numbered message of a page once and in order, and knows which ones are not answered yet.
 *
 * A page that is loaded anew counts from 1 again.
 */
export class Inbox {
  #received = 0;
  /** In the order in which they came. */
  readonly #open: number[] = [];

  /** Highest number that was taken. */
  get received(): number {
    return this.#received;
  }

  /** Numbers that are not answered yet. */
  get open(): readonly number[] {
    return this.#open;
  }

  /** The page counts from 1 again. */
  restart(): void {
    this.#received = 0;
    this.#open.length = 0;
  }

  /** Whether a message is the next one, which it then is no more; "gap" for one that came too early. */
  take(id: number): boolean | "gap" {
    if (id <= this.#received) return false;
    if (id !== this.#received + 1) return "gap";
    this.#received = id;
    this.#open.push(id);
    return true;
  }

  /** Says no for a message that was answered before. */
  answered(id: number): boolean {
    const index = this.#open.indexOf(id);
    if (index < 0) return false;
    this.#open.splice(index, 1);
    return true;
  }
}
