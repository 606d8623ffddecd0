import { placeholdersOf } from "../protocol/messages.ts";
import type { Catalogue } from "./catalogues.ts";
import { isFormOf, type SourceMessage } from "./merge-catalogue.ts";

/** A text of a catalogue that would be shown wrongly. */
export interface CatalogueProblem {
  readonly key: string;
  readonly problem: string;
}

/** Ending of a plural form, with the context before it left alone. */
const FORM = /(?:_ordinal)?_(?:zero|one|two|few|many|other)$/;

/**
 * Finds texts whose placeholders differ from those of their key. A plural form may leave out the count, as in "one note".
 *
 * @example
 * checkCatalogue({ "Hello {{name}}": "Hallo {{nmae}}" }, []); // [{ key: "Hello {{name}}", problem: "…" }]
 */
export function checkCatalogue(catalogue: Catalogue, messages: readonly SourceMessage[]): CatalogueProblem[] {
  return Object.entries(catalogue).flatMap(([key, text]) => {
    if (text === "") return [];
    const message = messages.find((candidate) => isFormOf(key, candidate));
    const base = message?.key ?? key.replace(FORM, "");
    const isForm = key !== base;
    const [expected, found] = [new Set(placeholdersOf(base)), new Set(placeholdersOf(text))];
    const unknown = [...found].filter((name) => !expected.has(name) && !(isForm && name === "count"));
    const lost = [...expected].filter((name) => !found.has(name) && !(isForm && name === "count"));
    const problems = [
      ...unknown.map((name) => `{{${name}}} is not a placeholder of the key`),
      ...lost.map((name) => `{{${name}}} is missing`),
      ...(isBroken(text) ? ["its braces do not match"] : []),
    ];
    return problems.map((problem) => ({ key, problem }));
  });
}

/** Whether braces are left when the placeholders are taken out. */
function isBroken(text: string): boolean {
  const rest = text.replace(/\{\{[^{}]*\}\}/g, "");
  return rest.includes("{{") || rest.includes("}}");
}
