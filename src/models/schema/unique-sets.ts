import type { KeyedText } from "../../errors.ts";
import { wordList } from "../../i18n/keyed-text.ts";
import { fieldOf } from "./field-info.ts";
import { labelOf, labelWord } from "./labels.ts";
import { type ModelClass, modelDefinition } from "./model.ts";

/**
 * The sets of fields whose values no two rows share: unique fields, one-to-one relations, the primary key, unique
 * indexes that several properties name, and `uniqueTogether`.
 *
 * @example
 * uniqueSets(Note); // [["id"], ["user", "title"]]
 */
export function uniqueSets(model: ModelClass): readonly (readonly string[])[] {
  const { properties, options } = modelDefinition(model);
  const sets: (readonly string[])[] = [];
  const named = new Map<string, string[]>();
  for (const [name, read] of Object.entries(properties)) {
    const { unique } = read();
    const index = named.get(String(unique));
    if (typeof unique !== "string") {
      if (fieldOf(model, name)?.unique === true) sets.push([name]);
    } else if (index !== undefined) {
      index.push(name);
    } else {
      const names = [name];
      named.set(unique, names);
      sets.push(names);
    }
  }
  const together = (options.uniqueTogether ?? []).filter((names) => names.length > 1);
  return [...sets, ...together];
}

/**
 * What a person reads when another row has the same values already.
 *
 * @example
 * englishText(uniqueText(User, ["username"])); // "Another User has this username."
 */
export function uniqueText(model: ModelClass, names: readonly string[]): KeyedText {
  const { name, options } = modelDefinition(model);
  const label = options.verboseName ?? labelOf(name);
  const fields = names.map((one) => labelWord(fieldOf(model, one)?.label ?? labelOf(one)));
  const values = { model: { key: label, word: label }, fields: wordList(fields, "and") };
  return { key: "Another {{model}} has this {{fields}}.", values };
}
