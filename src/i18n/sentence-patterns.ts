import { english } from "./texts/english.ts";

/** A sentence of the framework with parts that differ: what it is a form of, and how the parts are found in it. */
interface SentencePattern {
  readonly key: string;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** Sentences about values, which are written in English where nothing is known of a reader. */
const WITH_VALUES = ["Enter a value of at least {{0}}.", "Enter a value of at most {{0}}.", "Choose one of {{0}}."];

const patterns: readonly SentencePattern[] = [
  ...Object.entries(english).map(([form, text]) => patternOf(form.replace(/_(?:one|other)$/, ""), text)),
  ...WITH_VALUES.map((key) => patternOf(key, key)),
];

function patternOf(key: string, text: string): SentencePattern {
  const [before = "", rest = ""] = text.split("{{", 2);
  const [name = "", after = ""] = rest.split("}}", 2);
  return { key, name, before, after };
}

/** Finds the key and the value of a sentence that the framework has written in English; undefined for any other. */
export function readSentence(
  sentence: string,
): { readonly key: string; readonly values: { readonly [name: string]: unknown } } | undefined {
  for (const { key, name, before, after } of patterns) {
    if (!sentence.startsWith(before) || !sentence.endsWith(after)) continue;
    const part = sentence.slice(before.length, sentence.length - after.length);
    if (sentence.length < before.length + after.length || part === "") continue;
    if (name !== "count") return { key, values: { [name]: part } };
    if (/^\d{1,15}$/.test(part)) return { key, values: { count: Number(part) } };
  }
  return undefined;
}
