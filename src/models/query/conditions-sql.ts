import type { Dialect } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { foldCase, foldedColumn } from "../schema/folded-case.ts";
import type { ModelClass } from "../schema/model.ts";
import { hasColumn, modelFields, targetModel } from "../schema/query-set-fields.ts";
import type { Condition, Operator } from "./conditions.ts";
import { isTextual } from "./query-set-values.ts";
import type { SqlWriter } from "./select-sql-writer.ts";

/** Stands before `%`, `_` and itself in a pattern; a backslash would mean different things to different databases. */
const ESCAPE = "!";

/** Writes a parsed condition on the rows of `alias`, taking its values in reading order. */
export function writeCondition(writer: SqlWriter, model: ModelClass, alias: string, condition: Condition): string {
  switch (condition.kind) {
    case "all":
    case "any": {
      if (condition.parts.length === 0) return condition.kind === "all" ? "1 = 1" : "1 = 0";
      const parts = condition.parts.map((part) => writeCondition(writer, model, alias, part));
      return parts.length === 1 ? (parts[0] as string) : `(${parts.join(condition.kind === "all" ? " and " : " or ")})`;
    }
    case "not":
      // A comparison with an empty value is neither true nor false in SQL; its opposite is true here.
      return `(${writeCondition(writer, model, alias, condition.part)}) is not true`;
    case "related":
      return writeRelated(writer, model, alias, condition.field, condition.part);
    case "test":
      return writeTest(
        writer,
        writer.column(alias, model, condition.field),
        condition.field,
        condition.operator,
        condition.count,
      );
  }
}

/** "A related row exists for which …": a sub-query, so that no row comes twice and updates can use it too. */
function writeRelated(writer: SqlWriter, model: ModelClass, alias: string, field: FieldInfo, part: Condition): string {
  const target = targetModel(field);
  const other = writer.alias();
  if (hasColumn(field)) {
    const own = writer.column(alias, model, field);
    if (isEmpty(part)) return `${own} is not null`;
    const where = writeCondition(writer, target, other, part);
    return `${own} in (select ${writer.primary(other, target)} from ${writer.table(target)} ${other} where ${where})`;
  }
  const own = writer.primary(alias, model);
  if (field.kind === "manyToMany") {
    const pivot = pivotOf(writer, model, field);
    const from = `select ${other}.${pivot.own} from ${pivot.table} ${other}`;
    if (isEmpty(part)) return `${own} in (${from})`;
    const isKey = part.kind === "test" && part.field === modelFields(target).primary;
    if (isKey)
      return `${own} in (${from} where ${writeTest(writer, `${other}.${pivot.target}`, part.field, part.operator, part.count)})`;
    const row = writer.alias();
    const join = `join ${writer.table(target)} ${row} on ${writer.primary(row, target)} = ${other}.${pivot.target}`;
    return `${own} in (${from} ${join} where ${writeCondition(writer, target, row, part)})`;
  }
  const back = backField(writer, model, field);
  const where = isEmpty(part) ? "" : ` and ${writeCondition(writer, target, other, part)}`;
  const key = writer.column(other, target, back);
  return `${own} in (select ${key} from ${writer.table(target)} ${other} where ${key} is not null${where})`;
}

/** The table between two models of a many-to-many relation, seen from one of them; names are quoted. */
export interface Pivot {
  readonly table: string;
  readonly own: string;
  readonly target: string;
}

/** Finds the table between two models. */
export function pivotOf(writer: SqlWriter, model: ModelClass, field: FieldInfo): Pivot {
  const property = writer.property(model, field);
  const meta = property.targetMeta;
  const owner = property.owner
    ? property
    : (meta?.properties as Record<string, typeof property> | undefined)?.[property.mappedBy as string];
  const [own] = (property.owner ? owner?.joinColumns : owner?.inverseJoinColumns) ?? [];
  const [target] = (property.owner ? owner?.inverseJoinColumns : owner?.joinColumns) ?? [];
  if (owner?.pivotTable === undefined || own === undefined || target === undefined) {
    throw modelErrors.QUERY_MODEL_UNSUPPORTED(model.name, `the table between ${field.name} and its model is unknown`);
  }
  const [table, schema] = owner.pivotTable.split(".").reverse();
  const quoted = writer.name(table as string);
  return {
    table: schema === undefined ? quoted : `${writer.name(schema)}.${quoted}`,
    own: writer.name(own),
    target: writer.name(target),
  };
}

/** The field of the other model that points back to this one. */
export function backField(writer: SqlWriter, model: ModelClass, field: FieldInfo): FieldInfo {
  const { mappedBy } = writer.property(model, field);
  const back = modelFields(targetModel(field)).byName.get(mappedBy as string);
  if (back === undefined)
    throw modelErrors.QUERY_MODEL_UNSUPPORTED(model.name, `${field.name} names no field of the other model`);
  return back;
}

function isEmpty(part: Condition): boolean {
  return part.kind === "all" && part.parts.length === 0;
}

/** Writes one comparison of a column; the same rows match on every dialect. */
export function writeTest(
  writer: SqlWriter,
  column: string,
  field: FieldInfo,
  operator: Operator,
  count: number,
): string {
  const { dialect } = writer;
  const ranked = writer.comparable(column, field);
  switch (operator) {
    case "isNull":
      return `${column} is null`;
    case "notNull":
      return `${column} is not null`;
    case "in":
    case "notIn": {
      if (count === 0) return operator === "in" ? "1 = 0" : "1 = 1";
      const test = writeIn(writer, column, field, count);
      return operator === "in" ? test : `(${test}) is not true`;
    }
    case "between": {
      const [low, high] = [writer.take(field), writer.take(field)];
      return `${ranked} between ${low()} and ${high()}`;
    }
    case "eq":
      return writeSame(dialect, column, field, writer.take(field));
    case "ne":
      return `(${writeSame(dialect, column, field, writer.take(field))}) is not true`;
    case "gt":
      return `${ranked} > ${writer.take(field)()}`;
    case "gte":
      return `${ranked} >= ${writer.take(field)()}`;
    case "lt":
      return `${ranked} < ${writer.take(field)()}`;
    case "lte":
      return `${ranked} <= ${writer.take(field)()}`;
    default:
      return writePattern(writer, column, operator);
  }
}

function writeSame(dialect: Dialect, column: string, field: FieldInfo, value: () => string): string {
  const same = `${column} = ${value()}`;
  // MySQL's own comparison ignores case, accents and spaces at the end; it stays, since an index serves it.
  return dialect === "mysql" && isTextual(field)
    ? `(${same} and cast(${column} as binary) = cast(${value()} as binary))`
    : same;
}

function writeIn(writer: SqlWriter, column: string, field: FieldInfo, count: number): string {
  const values = Array.from({ length: count }, () => writer.take(field));
  const list = `${column} in (${values.map((value) => value()).join(", ")})`;
  if (writer.dialect !== "mysql" || !isTextual(field)) return list;
  return `(${list} and cast(${column} as binary) in (${values.map((value) => `cast(${value()} as binary)`).join(", ")}))`;
}

const foldsCase: ReadonlySet<Operator> = new Set<Operator>(["icontains", "istartsWith", "iendsWith", "iexact"]);

function writePattern(writer: SqlWriter, column: string, operator: Operator): string {
  const value = writer.take(undefined, (text) => patternOf(writer.dialect, operator, text as string))();
  const folded = foldsCase.has(operator);
  const own = folded ? foldedColumn(writer.dialect, column) : column;
  switch (writer.dialect) {
    case "sqlite":
      if (operator === "iexact") return `${own} = ${value}`;
      return folded ? `${own} like ${value} escape '${ESCAPE}'` : `${column} glob ${value}`;
    case "postgres":
      return operator === "iexact" ? `${own} = ${value}` : `${own} like ${value} escape '${ESCAPE}'`;
    case "mysql": {
      const compared = operator === "iexact" ? "=" : "like";
      const suffix = operator === "iexact" ? "" : ` escape '${ESCAPE}'`;
      return `cast(${own} as binary) ${compared} cast(${value} as binary)${suffix}`;
    }
  }
}

/** The pattern that a text operator is bound with; wildcards in the text stand for themselves. */
export function patternOf(dialect: Dialect, operator: Operator, text: string): string {
  const folded = foldsCase.has(operator);
  if (operator === "iexact") return foldCase(text);
  const glob = dialect === "sqlite" && !folded;
  const literal = glob ? text.replace(/[*?[]/g, "[$&]") : text.replace(/[!%_]/g, `${ESCAPE}$&`);
  const any = glob ? "*" : "%";
  const lead = operator === "startsWith" || operator === "istartsWith" ? "" : any;
  const trail = operator === "endsWith" || operator === "iendsWith" ? "" : any;
  return `${lead}${folded ? foldCase(literal) : literal}${trail}`;
}
