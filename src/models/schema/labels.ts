import type { Word } from "../../i18n/keyed-text.ts";
import { type ModelClass, modelDefinition } from "./model.ts";

/**
 * Makes words of a property's or a model's name: `createdAt` → `Created at`, `userID` → `User ID`.
 *
 * @example
 * labelOf("isSuperuser"); // "Is superuser"
 */
export function labelOf(name: string): string {
  const words = name
    .replace(/[_\s]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .trim()
    .split(" ")
    .map(lowerUnlessAcronym);
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * What a person calls one row of a model: `verboseName`, or words made of the model's name.
 *
 * @example
 * modelLabel(BlogPost); // "blog post"
 */
export function modelLabel(model: ModelClass): string {
  const { name, options } = modelDefinition(model);
  return options.verboseName ?? inSentence(labelOf(name));
}

/**
 * What a person calls several rows of a model: `verboseNamePlural`, or the English plural of `modelLabel`.
 *
 * @example
 * modelLabelPlural(Category); // "categories"
 */
export function modelLabelPlural(model: ModelClass): string {
  return modelDefinition(model).options.verboseNamePlural ?? pluralOf(modelLabel(model));
}

/**
 * A label as it stands inside a sentence: without its capital, unless that is part of an acronym.
 *
 * @example
 * inSentence("Created at"); // "created at"
 */
export function inSentence(label: string): string {
  const [first = "", ...rest] = label.split(" ");
  return [lowerUnlessAcronym(first), ...rest].join(" ");
}

/** A label as a word of a sentence; the catalogue of an app has its translation under the label itself. */
export function labelWord(label: string): Word {
  return { key: label, word: inSentence(label) };
}

/** The label of a model as a word of an error: translated for the reader, unlike texts of users. */
export function modelWord(model: ModelClass): Word {
  const label = modelLabel(model);
  return { key: label, word: label };
}

/** The same at the beginning of a sentence. */
export function firstModelWord(model: ModelClass): Word {
  const label = modelLabel(model);
  const first = label.charAt(0).toUpperCase() + label.slice(1);
  return { key: first, word: first };
}

/** The English plural of the last word; other languages say `verboseNamePlural`. */
function pluralOf(words: string): string {
  if (/[^aeiou]y$/i.test(words)) return `${words.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/i.test(words) ? `${words}es` : `${words}s`;
}

function lowerUnlessAcronym(word: string): string {
  return word.length > 1 && word === word.toUpperCase() ? word : word.charAt(0).toLowerCase() + word.slice(1);
}
