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

/** A field that went or came, and in a word what it holds. */
export interface FieldInQuestion {
  readonly name: string;
  readonly kind: string;
}

/** The answers to the questions of one run: each question is asked once, however many dialects need it. */
export class Answers {
  readonly #given: GivenAnswers;
  readonly #known = new Map<string, boolean | string | undefined>();
  readonly #used = new Set<string>();
  readonly #agreed: string[] = [];
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

  /** Every rename that the options tell or a person has agreed to: "Old:New" and "Model.old:new". */
  renames(): readonly string[] {
    return [...(this.#given.renames ?? []), ...this.#agreed];
  }

  /** Notes that an option has told something. */
  use(text: string): void {
    this.#used.add(text);
  }

  /** Whether the options say that a model, or a field as "Model.old", went and was not renamed. */
  dropped(old: string): boolean {
    if (!this.#given.drops?.includes(old)) return false;
    this.use(old);
    return true;
  }

  /** Undefined: nobody could be asked. */
  async renamedModel(from: string, to: string): Promise<boolean | undefined> {
    return this.#renamed(`${from}:${to}`, {
      question: `Was the model ${from} renamed to ${to}?`,
      missing: `The model ${from} went and ${to} came: --rename ${from}:${to}, or --drop ${from}`,
    });
  }

  /** What kinds of fields they are is told where it differs. Undefined: nobody could be asked. */
  async renamedField(model: string, from: FieldInQuestion, to: FieldInQuestion): Promise<boolean | undefined> {
    const [was, is] = from.kind === to.kind ? ["", ""] : [` (${from.kind})`, ` (${to.kind})`];
    const [old, key] = [`${model}.${from.name}`, `${model}.${from.name}:${to.name}`];
    return this.#renamed(key, {
      question: `Was ${old}${was} renamed to ${to.name}${is}?`,
      missing: `${old}${was} went and ${model}.${to.name}${is} came: --rename ${key}, or --drop ${old}`,
    });
  }

  /** Tells that something of another shape comes in place of a field or model, and takes none of its values over. */
  async replaced(old: string, now: string): Promise<void> {
    if (this.dropped(old)) return;
    const key = `drop ${old}`;
    if (this.#known.has(key)) return;
    const answer = await this.#given.ask?.confirm(
      `${old} is removed and ${now} is added, which can't hold the same values. Delete the values of ${old}?`,
    );
    this.#known.set(key, answer);
    if (!answer)
      this.missing.push(
        `${old} is removed and ${now} is added, which can't hold the same values: --drop ${old} deletes them; to keep them, add a field under another name, copy them in the run() of a migration, and remove ${old} in a later one`,
      );
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

  async #renamed(key: string, texts: { readonly question: string; readonly missing: string }) {
    if (this.#known.has(key)) return this.#known.get(key) as boolean | undefined;
    const answer = await this.#given.ask?.confirm(texts.question);
    if (answer === undefined) this.missing.push(texts.missing);
    if (answer) this.#agreed.push(key);
    this.#known.set(key, answer);
    return answer;
  }
}
