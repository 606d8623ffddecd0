import type { SchemaDifference } from "@mikro-orm/sql";
import { type ReferenceChange, referenceChanges } from "../kind-changes/reference-changes.ts";
import type { RenamedThing } from "../renames/find-renames.ts";
import type { Snapshot } from "../renames/snapshot.ts";

/** A change in a person's words, and in words for a file's name. */
export interface Described {
  readonly text: string;
  readonly slug: string;
}

/** What a migration changes, in the names of models and fields. */
export function describeChanges(
  difference: SchemaDifference,
  things: readonly RenamedThing[],
  from: Snapshot,
  to: Snapshot,
): Described[] {
  const modelOf = (table: string) => to.names[table]?.model ?? from.names[table]?.model ?? table;
  const fieldOf = (table: string, column: string) =>
    to.names[table]?.columns[column] ?? from.names[table]?.columns[column] ?? column;
  const references = referenceChanges(from, to);
  const described: Described[] = [];
  const add = (verb: string, what: string, slug: string) =>
    described.push({ text: `${verb} ${what}`, slug: slug.replace(/\W+/g, "_").toLowerCase() });
  const describeReferences = (changes: readonly ReferenceChange[]) => {
    for (const { name, was, is } of changes)
      add("Change", `${name} (refers to ${is} instead of ${was})`, `change_${name}`);
  };
  for (const { kind, model = "", names, stored } of things) {
    const [[old, now], [from, to]] = [names, stored];
    const same = from === to;
    if (kind === "table") {
      const table = same ? ` (table ${to})` : "";
      const what = old === now ? `${old} (table ${from} to ${to})` : `${old} to ${now}${table}`;
      add("Rename", what, same ? `rename_${old}_${now}` : `rename_${from}_${to}`);
    } else {
      const column = same ? ` (column ${to})` : "";
      const what = old === now ? `column ${from} to ${to}` : `${old} to ${now}${column}`;
      add("Rename", `${model}.${what}`, same ? `rename_${model}_${old}_${now}` : `rename_${model}_${from}_${to}`);
    }
  }
  for (const name of Object.keys(difference.newTables)) {
    const { model, noun } = tableWords(modelOf(bare(name)));
    add("Create", `${noun} ${model}`, `create_${model}`);
  }
  for (const name of Object.keys(difference.removedTables)) {
    const { model, noun } = tableWords(modelOf(bare(name)));
    add("Remove", `${noun} ${model} with its rows`, `remove_${model}`);
  }
  for (const [key, table] of Object.entries(difference.changedTables)) {
    const name = bare(key);
    const model = modelOf(name);
    const before = described.length;
    const field = (column: string) => `${model}.${fieldOf(name, column)}`;
    for (const column of Object.keys(table.addedColumns)) add("Add", field(column), `add_${model}_${column}`);
    for (const column of Object.keys(table.removedColumns))
      add("Remove", `${field(column)} with its values`, `remove_${model}_${column}`);
    for (const [column, { changedProperties }] of Object.entries(table.changedColumns)) {
      add("Change", `${field(column)} (${[...changedProperties].join(", ")})`, `change_${model}_${column}`);
    }
    describeReferences(references.filter((one) => one.table === name));
    if (described.length === before) add("Change", `indexes and constraints of ${model}`, `constraints_${model}`);
  }
  // A relation without a foreign key is no difference of the tables.
  const changed = new Set(Object.keys(difference.changedTables).map(bare));
  describeReferences(references.filter(({ table }) => !changed.has(table)));
  return described;
}

/** That the texts of a model are compared exactly from now on. */
export function describeExact(model: string): Described {
  return { text: `Compare the texts of ${model} by their characters`, slug: `exact_texts_${model.toLowerCase()}` };
}

function tableWords(model: string): { model: string; noun: string } {
  return { model, noun: model.includes(".") ? "many-to-many field" : "model" };
}

/** A table's name without its schema. */
function bare(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** A name for the migration's file: what it does when that is one thing, and the first of several. */
export function migrationName(changes: readonly Described[], first: boolean): string {
  if (first) return "initial";
  const [one, ...more] = changes;
  const slug = (one?.slug ?? "auto").slice(0, 60);
  return more.length === 0 ? slug : `${slug}_and_${more.length}_more`;
}
