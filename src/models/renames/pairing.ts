import type { Answers } from "../migrations/answers.ts";

/** Pairs things of before with those of now that they became. */
export class Pairing<T> {
  readonly pairs: (readonly [old: T, now: T])[] = [];
  readonly #old: Set<T>;
  readonly #now: Set<T>;

  constructor(old: readonly T[], now: readonly T[]) {
    this.#old = new Set(old);
    this.#now = new Set(now);
  }

  /** What is removed, as far as nothing else was found out. */
  get removed(): readonly T[] {
    return [...this.#old];
  }

  /** What is added, as far as nothing else was found out. */
  get added(): readonly T[] {
    return [...this.#now];
  }

  pair(old: T, now: T): void {
    this.take(old);
    this.take(now);
    this.pairs.push([old, now]);
  }

  /** Takes one out that was found to be the same as something of another sort. */
  take(one: T): void {
    this.#old.delete(one);
    this.#now.delete(one);
  }

  /** Pairs each two that are the same for sure. */
  match(isSame: (old: T, now: T) => boolean): void {
    for (const old of this.removed) {
      const now = this.added.find((one) => isSame(old, one));
      if (now !== undefined) this.pair(old, now);
    }
  }

  /**
   * Pairs what the answers name, as `keys` reads them. A name that was in use can be taken only from what is renamed or
   * removed by an answer too.
   */
  matchTold(answers: Answers, keys: ToldKeys<T>): void {
    const find = (all: readonly T[], key: string) => all.find((one) => keys.keyOf(one) === key);
    let told = answers.renames().flatMap((text) => {
      const [from, to] = keys.read(text) ?? [];
      if (from === undefined || to === undefined || from === to) return [];
      return find(this.removed, from) === undefined || find(this.added, to) === undefined ? [] : [{ text, from, to }];
    });
    const isFree = (to: string, all: typeof told) =>
      find(this.removed, to) === undefined || all.some(({ from }) => from === to) || answers.dropped(to);
    let count: number;
    do {
      count = told.length;
      told = told.filter(({ to }, _, all) => isFree(to, all));
    } while (told.length < count);
    for (const { text, from, to } of told) {
      const [old, now] = [find(this.removed, from), find(this.added, to)];
      if (old === undefined || now === undefined || !(keys.fits?.(old, now) ?? true)) continue;
      answers.use(text);
      this.pair(old, now);
    }
  }

  /** Asks about each one that is removed with each that is added, until one is the one. */
  async ask(candidates: (old: T) => readonly T[], isIt: (old: T, now: T) => Promise<boolean | undefined>) {
    for (const old of this.removed) {
      for (const now of candidates(old)) {
        if (!(await isIt(old, now))) continue;
        this.pair(old, now);
        break;
      }
    }
  }
}

/** How the answers call things. */
export interface ToldKeys<T> {
  /** The names of an answer as `keyOf` gives them; undefined if the answer is about other things. */
  readonly read: (text: string) => readonly [from: string, to: string] | undefined;
  readonly keyOf: (one: T) => string | undefined;
  readonly fits?: (old: T, now: T) => boolean;
}
