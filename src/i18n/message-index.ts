import { type MessageTable, pluralEnding, pluralRules } from "../protocol/messages.ts";
import type { Catalogue } from "./catalogues.ts";

/** The kinds of forms: without a number, of an amount, and of an order. */
type FormKind = "plain" | "cardinal" | "ordinal";

/** Finds all forms of a message in a catalogue: its plain text, its plural forms, and those of each context. */
export class MessageIndex {
  readonly language: string;
  /** The whole catalogue. */
  readonly all: MessageTable;
  /** Keys of the catalogue by each key that they may be a form of. */
  readonly #forms = new Map<string, string[]>();

  /** The catalogue has no empty texts. */
  constructor(language: string, catalogue: Catalogue) {
    this.language = language;
    this.all = { language, texts: catalogue };
    for (const key of Object.keys(catalogue)) {
      for (let end = key.lastIndexOf("_"); end > 0; end = key.lastIndexOf("_", end - 1)) {
        const base = key.slice(0, end);
        const forms = this.#forms.get(base) ?? [];
        forms.push(key);
        this.#forms.set(base, forms);
      }
    }
  }

  /** Returns the forms of a message that have no text: the key itself if no form has one, else plural forms that lack beside others. */
  missingForms(key: string): string[] {
    const { texts } = this.all;
    const forms = this.#forms.get(key);
    if (forms === undefined) return Object.hasOwn(texts, key) ? [] : [key];
    const expected = forms.flatMap((form) => {
      const kind = kindOf(form);
      if (kind === "plain") return [];
      const base = form.slice(0, -pluralEnding(form).length) + (kind === "ordinal" ? "_ordinal" : "");
      const { pluralCategories } = pluralRules(this.language, kind).resolvedOptions();
      return pluralCategories.map((category) => `${base}_${category}`);
    });
    return [...new Set(expected)].filter((form) => !Object.hasOwn(texts, form));
  }

  /** Returns the texts of these messages that can be shown by a lookup which asks the other indexes first. */
  table(keys: Iterable<string>, before: readonly MessageIndex[] = []): MessageTable {
    const { texts: catalogue } = this.all;
    const texts: Record<string, string> = {};
    for (const key of keys) {
      for (const form of [key, ...(this.#forms.get(key) ?? [])]) {
        const text = Object.hasOwn(catalogue, form) ? catalogue[form] : undefined;
        // A text that is its own key says nothing that the page does not know.
        if (text === undefined || (text === key && form === key)) continue;
        const kind = kindOf(form.slice(key.length));
        if (!before.some((index) => index.#answers(key, kind))) texts[form] = text;
      }
    }
    return { language: this.language, texts };
  }

  /** Whether each lookup of the message for this kind of form ends in this catalogue, whatever its number and context. */
  #answers(key: string, kind: FormKind): boolean {
    const { texts } = this.all;
    if (Object.hasOwn(texts, key)) return true;
    if (kind === "plain") return false;
    const start = kind === "ordinal" ? `${key}_ordinal_` : `${key}_`;
    // The form "other" stands in for any that is missing.
    if (Object.hasOwn(texts, `${start}other`)) return true;
    const { pluralCategories } = pluralRules(this.language, kind).resolvedOptions();
    return pluralCategories.every((category) => Object.hasOwn(texts, `${start}${category}`));
  }
}

function kindOf(ending: string): FormKind {
  const form = pluralEnding(ending);
  if (form === "") return "plain";
  return form.startsWith("_ordinal_") ? "ordinal" : "cardinal";
}
