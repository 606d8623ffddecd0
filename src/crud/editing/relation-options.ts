import type { QuerySet } from "../../models/query/query-set.ts";
import { type FieldInfo, fieldInfo } from "../../models/schema/field-info.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { plain } from "../../state/tracking/plain.ts";
import { readVar, specOf, writeVar } from "../core/state-vars.ts";
import { crudErrors } from "../errors.ts";
import type { RelationChoice } from "../types/members.ts";
import type { RelationOption } from "../types/options.ts";
import type { FormHooks } from "./clean-form.ts";

/** Most rows that a search for options finds. */
const MOST_OPTIONS = 20;

/** A relation whose rows a page may search. */
interface OptionSource {
  readonly name: string;
  readonly field: FieldInfo;
  readonly label: string;
  readonly searchFields: readonly string[];
  readonly scope: QuerySet<ModelClass>;
}

/** Finds rows that a relation may name, among those that the user may have; the chosen ones stay among them. */
export async function findOptions(state: object, name: string, text: string): Promise<void> {
  const source = optionSource(state, name);
  if (source === undefined) throw crudErrors.CRUD_RELATION_UNKNOWN();
  const { scope, label, searchFields } = source;
  const found = await scope
    .search(text, searchFields as readonly never[])
    .orderBy(label as never)
    .limit(MOST_OPTIONS)
    .rows(columnsOf(source));
  const choices = found.map((row) => choiceOf(source, row));
  const chosen = await chosenOptions(state, source);
  const others = chosen.filter(({ value }) => !choices.some((one) => one.value === value));
  writeVar(state, "relationOptions", {
    ...plain(readVar<object>(state, "relationOptions")),
    [name]: [...others, ...choices],
  });
}

/**
 * Shows the labels of the rows that the form has chosen, and of those that another user has chosen meanwhile: one query for
 * each relation. Rows that a search has found stay.
 */
export async function showChosen(state: object): Promise<void> {
  const { options, fieldVars } = specOf(state);
  if (options.relations === undefined) return;
  const shown: Record<string, RelationChoice[]> = {
    ...plain(readVar<Record<string, RelationChoice[]>>(state, "relationOptions")),
  };
  for (const name of fieldVars.keys()) {
    const source = optionSource(state, name);
    if (source === undefined) continue;
    const chosen = await chosenOptions(state, source);
    shown[name] = [...chosen, ...(shown[name] ?? []).filter(({ value }) => !chosen.some((one) => one.value === value))];
  }
  writeVar(state, "relationOptions", shown);
}

function optionSource(state: object, name: string): OptionSource | undefined {
  const { options, fieldVars } = specOf(state);
  const { field } = fieldVars.get(name) ?? {};
  const option: RelationOption | undefined = field && options.relations?.[field.name];
  if (field?.relation === undefined || option === undefined) return undefined;
  const label = option.label ?? firstText(field.relation.target()) ?? field.relation.key().name;
  const scope = (state as unknown as FormHooks).getRelationQueryset(field.name);
  return { name, field, label, searchFields: option.searchFields ?? [label], scope };
}

async function chosenOptions(state: object, source: OptionSource): Promise<RelationChoice[]> {
  const theirs = plain(readVar<Record<string, unknown> | null>(state, "conflict"))?.[source.name];
  const value: unknown = plain((state as Record<string, unknown>)[source.name]);
  const keys = [value, theirs].flat().filter((key) => key !== null && key !== undefined);
  if (keys.length === 0) return [];
  const rows = await source.scope.filter({ [keyOf(source)]: { in: keys } } as never).rows(columnsOf(source));
  return rows.map((row) => choiceOf(source, row));
}

function columnsOf(source: OptionSource): readonly never[] {
  return [keyOf(source), source.label] as unknown as readonly never[];
}

function choiceOf(source: OptionSource, row: object): RelationChoice {
  const values = row as Record<string, string | number | null>;
  const value = values[keyOf(source)] as string | number;
  return { value, label: String(values[source.label] ?? value) };
}

function keyOf({ field }: OptionSource): string {
  return field.relation?.key().name ?? "";
}

function firstText(model: ModelClass): string | undefined {
  return fieldInfo(model).find(({ kind, hidden }) => kind === "text" && !hidden)?.name;
}
