import { modelErrors } from "../errors.ts";

/** What a person, or the options of a command, say about changes that the models alone cannot tell. */
export interface GivenAnswers {
  /** "Note.title:heading" for a field, "Note:Article" for a model. */
  readonly renames?: readonly string[];
  /** "Note.title" or "Note": it went, and is nothing that came. */
  readonly drops?: readonly string[];
  /** "Note.rank=0": what rows that are there get. */
  readonly defaults?: readonly string[];
  /** Asks a person; absent when nobody is there. */
  readonly ask?: {
    confirm(question: string): Promise<boolean>;
    text(question: string): Promise<string>;
  };
}

/** The answers to the questions of one run: each question is asked once, however many dialects need it. */
export class Answers {
  readonly #given: GivenAnswers;
  readonly #known = new Map<string, boolean | string | undefined>();
  readonly #used = new Set<string>();
  /** What is missing: the change, and the options that would answer. */
  readonly missing: string[] = [];

  constructor(given: GivenAnswers) {
    this.#given = given;
    for (const [name, list, shape] of [
      ["rename", given.renames, /^\w+(?:\.\w+)?:\w+$/],
      ["drop", given.drops, /^\w+(?:\.\w+)?$/],
      ["default", given.defaults, /^\w+\.\w+=/],
    ] as const) {
      const wrong = (list ?? []).find((text) => !shape.test(text));
      if (wrong !== undefined) throw modelErrors.MIGRATION_ANSWER_INVALID(name, wrong);
    }
  }

  /** Undefined: nobody could be asked. */
  async renamedModel(from: string, to: string): Promise<boolean | undefined> {
    return this.#rename(
      `${from}:${to}`,
      from,
      `Was the model ${from} renamed to ${to}?`,
      `The model ${from} went and ${to} came`,
    );
  }

  /** Undefined: nobody could be asked. */
  async renamedField(model: string, from: string, to: string): Promise<boolean | undefined> {
    return this.#rename(
      `${model}.${from}:${to}`,
      `${model}.${from}`,
      `Was ${model}.${from} renamed to ${to}?`,
      `${model}.${from} went and ${model}.${to} came`,
    );
  }

  /** Whether the options say so, without asking. */
  saysRenamed(model: string, from: string, to: string): boolean {
    return this.#take(this.#given.renames, `${model}.${from}:${to}`);
  }

  /** What rows that are there get in a field that may not be empty any more, as it was typed; undefined: nobody could be asked. */
  async oneOffDefault(model: string, field: string, isNew: boolean): Promise<string | undefined> {
    const key = `${model}.${field}=`;
    if (this.#known.has(key)) return this.#known.get(key) as string | undefined;
    const given = this.#given.defaults?.find((text) => text.startsWith(key));
    if (given !== undefined) {
      this.#used.add(given);
      this.#known.set(key, given.slice(key.length));
      return given.slice(key.length);
    }
    const what = isNew ? `${model}.${field} is new, may not be empty` : `${model}.${field} may not be empty any more`;
    const answer = await this.#given.ask?.text(
      `${what} and has no default. Value for the rows that are there${isNew ? "" : " and have none"}:`,
    );
    if (answer === undefined) this.missing.push(`${what} and has no default: --default ${key}<value>`);
    this.#known.set(key, answer);
    return answer;
  }

  /** @throws MIGRATION_ANSWERS_MISSING, MIGRATION_ANSWER_UNUSED when an option answers nothing */
  finish(): void {
    if (this.missing.length > 0)
      throw modelErrors.MIGRATION_ANSWERS_MISSING.with({ details: this.missing }, this.missing);
    const all = [
      ...(this.#given.renames ?? []).map((text) => ["rename", text] as const),
      ...(this.#given.drops ?? []).map((text) => ["drop", text] as const),
      ...(this.#given.defaults ?? []).map((text) => ["default", text] as const),
    ];
    const unused = all.find(([, text]) => !this.#used.has(text));
    if (unused) throw modelErrors.MIGRATION_ANSWER_UNUSED(unused[0], unused[1]);
  }

  async #rename(key: string, old: string, question: string, change: string): Promise<boolean | undefined> {
    if (this.#known.has(key)) return this.#known.get(key) as boolean | undefined;
    const answer = await this.#renameAnswer(key, old, question);
    if (answer === undefined) this.missing.push(`${change}: --rename ${key}, or --drop ${old}`);
    this.#known.set(key, answer);
    return answer;
  }

  async #renameAnswer(key: string, old: string, question: string): Promise<boolean | undefined> {
    if (this.#take(this.#given.renames, key)) return true;
    if (this.#take(this.#given.drops, old)) return false;
    // Renamed to something else.
    if (this.#given.renames?.some((text) => text.startsWith(`${old}:`))) return false;
    return this.#given.ask?.confirm(question);
  }

  #take(list: readonly string[] | undefined, text: string): boolean {
    if (!list?.includes(text)) return false;
    this.#used.add(text);
    return true;
  }
}
