import type { ColumnJson, Snapshot, TableNames } from "../renames/snapshot.ts";
import { type FieldInfo, type FieldKind, fieldInfo, primaryField } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";

/** What a column holds, as far as a change of it concerns the stored values. */
export type ColumnKind = Pick<FieldInfo, "kind" | "maxLength" | "precision" | "scale" | "min" | "max">;

/** A column whose kind is another one than before. */
export interface KindChange {
  readonly table: string;
  readonly column: string;
  /** "Note.title". */
  readonly name: string;
  readonly was: string;
  readonly is: string;
  /** Whether the column may be empty before the change. */
  readonly nullable: boolean;
  /** The items of an enum that it becomes, as literals of SQL. */
  readonly items?: readonly string[];
}

/** The kinds of a model's columns, written as `readKind` reads them. */
export function columnKinds(model: ModelClass): { [column: string]: string } {
  return Object.fromEntries(
    fieldInfo(model).flatMap((field) => (field.column === "" ? [] : [[field.column, writeKind(field)] as const])),
  );
}

/** The kind of the columns that refer to a model. */
export function keyKind(model: ModelClass): string {
  return writeKind(primaryField(model));
}

/** "decimal(10,2)", "text(200)", "integer(0,127)", "date". */
function writeKind(field: FieldInfo): string {
  if (field.relation !== undefined) return keyKind(field.relation.target());
  const { kind, maxLength, precision, scale, min, max, enumItems = [] } = field;
  // Numbers among an enum's items are stored as such, and checked by nothing.
  if (kind === "enum") return enumItems.some((item) => typeof item === "number") ? "integer" : "enum";
  const bounds = { decimal: [precision, scale], integer: [min, max] }[kind as string] ?? [maxLength];
  const known = bounds.filter((bound) => bound !== undefined);
  return known.length === 0 ? kind : `${kind}(${known.join(",")})`;
}

/** Reads a kind from a migration or a snapshot; undefined if unknown. */
export function readKind(text: string): ColumnKind | undefined {
  const [, kind = "", bounds = ""] = /^(\w+)(?:\(([-\d,]+)\))?$/.exec(text) ?? [];
  if (!Object.hasOwn(fieldKinds, kind)) return undefined;
  const [first, second] = bounds === "" ? [] : bounds.split(",").map(Number);
  const named = kind as FieldKind;
  if (kind === "decimal") return { kind: named, precision: first ?? 10, scale: second ?? 0 };
  if (first === undefined) return { kind: named };
  return kind === "integer" && second !== undefined
    ? { kind: named, min: first, max: second }
    : { kind: named, maxLength: first };
}

/** Columns that are in both states of the tables and whose kind has changed. */
export function kindChanges(from: Snapshot, to: Snapshot, literal: (value: unknown) => string): KindChange[] {
  const changes: KindChange[] = [];
  for (const { name: table, columns } of from.schema.tables) {
    const [before, after] = [from.names[table], to.names[table]];
    const target = to.schema.tables.find((one) => one.name === table);
    if (before === undefined || after === undefined || target === undefined) continue;
    for (const column of Object.values(columns)) {
      const now = target.columns[column.name];
      if (now === undefined || column.generated !== undefined || now.generated !== undefined) continue;
      const [was, is] = [kindIn(before, column), kindIn(after, now)];
      const isKnown = before.kinds !== undefined && after.kinds !== undefined;
      const isSame = was === is || (!isKnown && familyOf(was) === familyOf(is));
      if (isSame && !wroteTexts(column, now)) continue;
      const name = `${after.model}.${after.columns[column.name] ?? column.name}`;
      const items = (now["enumItems"] as readonly unknown[] | undefined)?.map((item) => literal(item));
      const { nullable } = column;
      changes.push({ table, column: column.name, name, was, is, nullable, ...(items === undefined ? {} : { items }) });
    }
  }
  return changes;
}

/** With earlier versions SQLite wrote the current time as a text into columns that hold numbers. */
function wroteTexts(column: ColumnJson, now: ColumnJson): boolean {
  return (
    column.mappedType === "datetime" && column.default === "current_timestamp" && /unixepoch/.test(now.default ?? "")
  );
}

const KINDS: { readonly [mappedType: string]: FieldKind } = {
  smallint: "integer",
  tinyint: "integer",
  mediumint: "integer",
  integer: "integer",
  bigint: "bigInteger",
  float: "float",
  double: "float",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  time: "time",
  json: "json",
  blob: "binary",
  uuid: "uuid",
};

/** Snapshots of earlier versions tell a column's type alone. */
function kindIn({ kinds }: TableNames, column: ColumnJson): string {
  const known = kinds?.[column.name];
  if (known !== undefined) return known;
  const { precision, scale, enumItems } = column as { precision?: number; scale?: number; enumItems?: unknown[] };
  if (column.mappedType === "decimal") return `decimal(${precision ?? 10},${scale ?? 0})`;
  if (column.mappedType === "enum" || (enumItems?.length ?? 0) > 0) return "enum";
  if (/blob/.test(column.type)) return "binary";
  return KINDS[column.mappedType] ?? "longText";
}

/** Kinds that follow from the type alone on every database. */
function familyOf(kind: string): string {
  const base = kind.split("(", 1)[0] ?? "";
  if (/^(?:text|longText|enum|uuid)$/.test(base)) return "text";
  return base === "boolean" ? "integer" : base;
}

/** True for kinds whose values are texts. */
export function isText({ kind }: ColumnKind): boolean {
  return kind === "text" || kind === "longText" || kind === "enum" || kind === "uuid";
}

/** True for kinds whose values are numbers. */
export function isNumber({ kind }: ColumnKind): boolean {
  return kind === "integer" || kind === "bigInteger" || kind === "float" || kind === "decimal";
}

/** Whether every value of the one kind is stored as the other stores it, as far as it is within its bounds. */
export function storedAlike(was: ColumnKind, is: ColumnKind): boolean {
  if (isText(was) && isText(is)) return is.kind !== "uuid" || was.kind === "uuid";
  return was.kind === is.kind && (was.kind === "integer" || was.kind === "binary");
}

/** Whether a value of the one kind may be too long or too large for the other. */
export function isNarrower(was: ColumnKind, is: ColumnKind): boolean {
  const { maxLength, min, max } = is;
  if (maxLength !== undefined && (was.maxLength === undefined || was.maxLength > maxLength)) return true;
  if (max !== undefined && (was.max === undefined || was.max > max)) return true;
  return min !== undefined && (was.min === undefined || was.min < min);
}
