import { type MessageTable, pluralRules } from "../protocol/messages.ts";
import type { Catalogue } from "./catalogues.ts";

/** Endings of plural forms, as catalogues write them. */
const FORM = /_(?:ordinal_)?(?:zero|one|two|few|many|other)$/;

/** Finds all forms of a message in a catalogue: its plain text, its plural forms, and those of each context. */
export class MessageIndex {
  readonly language: string;
  readonly #catalogue: Catalogue;
  /** Keys of the catalogue by each key that they may be a form of. */
  readonly #forms = new Map<string, string[]>();

  constructor(language: string, catalogue: Catalogue) {
    this.language = language;
    this.#catalogue = catalogue;
    for (const [key, text] of Object.entries(catalogue)) {
      if (text === "") continue;
      for (let end = key.lastIndexOf("_"); end > 0; end = key.lastIndexOf("_", end - 1)) {
        const base = key.slice(0, end);
        const forms = this.#forms.get(base) ?? [];
        forms.push(key);
        this.#forms.set(base, forms);
      }
    }
  }

  /** Returns the texts of these messages. */
  table(keys: Iterable<string>): MessageTable {
    const texts: Record<string, string> = {};
    for (const key of keys) {
      for (const form of [key, ...(this.#forms.get(key) ?? [])]) {
        const text = Object.hasOwn(this.#catalogue, form) ? this.#catalogue[form] : undefined;
        // A text that is its own key says nothing that the page does not know.
        if (text && (text !== key || form !== key)) texts[form] = text;
      }
    }
    return { language: this.language, texts };
  }

  /** Whether the message can be shown in this language whatever its count, context apart. */
  isComplete(key: string): boolean {
    const forms = this.#forms.get(key)?.filter((form) => FORM.test(form.slice(key.length))) ?? [];
    if (forms.length === 0) return Boolean(this.#catalogue[key]);
    const cardinals = forms.filter((form) => !form.slice(key.length).startsWith("_ordinal_"));
    if (cardinals.length === 0) return true;
    const { pluralCategories } = pluralRules(this.language).resolvedOptions();
    // The form "other" stands in for any that is missing.
    if (cardinals.includes(`${key}_other`)) return true;
    return pluralCategories.every((category) => cardinals.includes(`${key}_${category}`));
  }
}
