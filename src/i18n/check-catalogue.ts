import { placeholdersOf } from "../protocol/messages.ts";
import type { Catalogue } from "./catalogues.ts";
import { isFormOf, type SourceMessage, type SourceTexts, withoutForm } from "./merge-catalogue.ts";

/** A text of a catalogue that would be shown wrongly. */
export interface CatalogueProblem {
  readonly key: string;
  readonly problem: string;
}

/**
 * Finds texts whose placeholders differ from those of their key. A plural form may leave out the count, as in "one note". The
 * text of an error's code has the parameters of the error as {{0}}, {{1}} and so on, and may leave out any of them.
 *
 * @example
 * checkCatalogue({ "Hello {{name}}": "Hallo {{nmae}}" }, { messages: [], errors: new Map() }); // [{ key: "Hello {{name}}", problem: "…" }]
 */
export function checkCatalogue(catalogue: Catalogue, { messages, errors }: SourceTexts): CatalogueProblem[] {
  return Object.entries(catalogue).flatMap(([key, text]) => {
    if (text === "") return [];
    const found = new Set(placeholdersOf(text));
    const problems = errors.has(key) ? errorProblems(found, errors.get(key)) : messageProblems(key, found, messages);
    return [...problems, ...(isBroken(text) ? ["its braces do not match"] : [])].map((problem) => ({ key, problem }));
  });
}

function messageProblems(key: string, found: ReadonlySet<string>, messages: readonly SourceMessage[]): string[] {
  const message =
    messages.find((candidate) => candidate.key === key) ?? messages.find((candidate) => isFormOf(key, candidate));
  const base = message?.key ?? withoutForm(key);
  const isForm = key !== base;
  const expected = new Set(placeholdersOf(base));
  const unknown = [...found].filter((name) => !expected.has(name) && !(isForm && name === "count"));
  const lost = [...expected].filter((name) => !found.has(name) && !(isForm && name === "count"));
  return [
    ...unknown.map((name) => `{{${name}}} is not a placeholder of the key`),
    ...lost.map((name) => `{{${name}}} is missing`),
  ];
}

function errorProblems(found: ReadonlySet<string>, parameters = Number.POSITIVE_INFINITY): string[] {
  const isParameter = (name: string) => /^\d+(?:\.|$)/.test(name) && Number.parseInt(name, 10) < parameters;
  return [...found]
    .filter((name) => !isParameter(name))
    .map((name) => `{{${name}}} is not a parameter of the error: ${parametersText(parameters)}`);
}

function parametersText(parameters: number): string {
  if (parameters === 0) return "it has none";
  if (parameters === Number.POSITIVE_INFINITY) return "they are called {{0}}, {{1}} and so on";
  return `it has ${Array.from({ length: parameters }, (_, at) => `{{${at}}}`).join(", ")}`;
}

/** Whether braces are left when the placeholders are taken out. */
function isBroken(text: string): boolean {
  const rest = text.replace(/\{\{[^{}]*\}\}/g, "");
  return rest.includes("{{") || rest.includes("}}");
}
