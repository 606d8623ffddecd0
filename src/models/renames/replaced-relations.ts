import type { Answers } from "../migrations/answers.ts";
import type { StoredBetween, StoredField } from "./stored-things.ts";

/** What one state of the models has and the other has not. */
interface Remains {
  readonly models: readonly { readonly name: string; readonly fields: readonly StoredField[] }[];
  readonly betweens: readonly StoredBetween[];
  /** Of models that are in both. */
  readonly fields: readonly StoredField[];
}

/** Something that holds relations, or another field. */
interface Holder {
  /** "Note.tags", or the name of a model. */
  readonly label: string;
  readonly shape: "field" | "between" | "model";
  /** Between which models it holds relations. */
  readonly ends: readonly string[];
  readonly model: string;
  readonly width: number;
}

/**
 * Asks about the values of what is removed while something of another shape is added in its place: a field under the
 * same name, or a relation between the same two models. Nothing takes such values over.
 */
export async function askReplaced(
  { removed, added }: { readonly removed: Remains; readonly added: Remains },
  answers: Answers,
): Promise<void> {
  const holders = holdersOf(added);
  for (const old of holdersOf(removed)) {
    const now = holders.find((one) => isInPlaceOf(old, one) && !isAskedAsRename(old, one));
    if (now !== undefined) await answers.replaced(old.label, now.label);
  }
}

function holdersOf({ models, betweens, fields }: Remains): Holder[] {
  return [
    ...fields.map(({ model, name, target, columns }): Holder => {
      const ends = target === undefined ? [] : [model, target];
      return { label: `${model}.${name}`, shape: "field", ends, model, width: columns.length };
    }),
    ...betweens.flatMap(({ owner, name, target }): Holder[] => {
      // One of a removed model is removed with it.
      if (owner === undefined) return [];
      const ends = target === undefined ? [] : [owner, target];
      return [{ label: `${owner}.${name}`, shape: "between", ends, model: owner, width: 0 }];
    }),
    ...models.map(({ name, fields: own }): Holder => {
      const ends = own.flatMap(({ target }) => target ?? []);
      return { label: name, shape: "model", ends, model: name, width: 0 };
    }),
  ];
}

function isInPlaceOf(old: Holder, now: Holder): boolean {
  if (old.shape !== "model" && old.label === now.label) return true;
  if (old.shape === "model" || now.shape === "model") {
    // A model of its own may stand between the two in place of a many-to-many field.
    const [through, field] = old.shape === "model" ? [old, now] : [now, old];
    return field.shape === "between" && field.ends.length === 2 && holdsBoth(through.ends, field.ends);
  }
  return old.ends.length === 2 && now.ends.length === 2 && holdsBoth(old.ends, now.ends);
}

function holdsBoth(all: readonly string[], [one = "", other = ""]: readonly string[]): boolean {
  const rest = [...all];
  return [one, other].every((end) => rest.includes(end) && rest.splice(rest.indexOf(end), 1).length === 1);
}

/** Whether the author was asked if it was renamed. */
function isAskedAsRename(old: Holder, now: Holder): boolean {
  return old.shape === now.shape && old.model === now.model && old.width === now.width;
}
