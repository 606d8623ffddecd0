import type { StandardSchemaV1 } from "@standard-schema/spec";
import { textForReader } from "../../i18n/keyed-text.ts";
import type { FieldInfo } from "../../models/schema/field-info.ts";
import { fieldKinds, type ParseResult, type Plain, parseKey } from "../../models/schema/field-kinds.ts";
import { parsed, refused } from "../../models/schema/kind-row.ts";
import type { FormField } from "../../protocol/form-fields.ts";

/** The var that holds a field of a row while it is edited. */
export interface FieldVar {
  /** Name of the var. */
  readonly name: string;
  readonly field: FieldInfo;
  readonly required: boolean;
}

/** Finds a var by the name of its field or, if there is no such field, by its own. One may be called like the other's field. */
export function varOfField(fieldVars: ReadonlyMap<string, FieldVar>, name: string): FieldVar | undefined {
  return [...fieldVars.values()].find(({ field }) => field.name === name) ?? fieldVars.get(name);
}

/** Kinds whose var is a text, also while it is half typed: `save` checks what it means. */
const TEXTUAL: ReadonlySet<string> = new Set([
  "text",
  "longText",
  "bigInteger",
  "decimal",
  "date",
  "time",
  "uuid",
  "json",
  "binary",
]);

/** Returns what the var holds before anything is entered. */
export function emptyValue(field: FieldInfo): unknown {
  if (field.default !== undefined) return varValue(field, field.default);
  if (field.kind === "manyToMany") return [];
  if (field.nullable) return null;
  if (field.kind === "boolean") return false;
  return TEXTUAL.has(field.kind) ? "" : null;
}

/** Returns the value of a row as the var holds it. */
export function varValue(field: FieldInfo, value: Plain | undefined): unknown {
  if (value === undefined) return emptyValue(field);
  if (field.kind === "manyToMany") return Array.isArray(value) ? [...value] : [];
  if (value === null) return !field.nullable && TEXTUAL.has(field.kind) ? "" : null;
  if (field.kind === "datetime") return new Date(value as string);
  return field.kind === "json" ? JSON.stringify(value, null, 2) : value;
}

/**
 * Makes the schema that turns what a page sends into what the var holds. It converts and does not validate: a title that is
 * too long, or half of a date, is kept until `save` says what is wrong with it.
 */
export function varSchema(field: FieldInfo): StandardSchemaV1 {
  return {
    "~standard": {
      version: 1,
      vendor: "antiphon",
      validate(raw) {
        const result = converted(field, raw);
        return result.ok ? { value: result.value } : { issues: [{ message: textForReader(result.text) }] };
      },
    },
  };
}

type Converted = { readonly ok: true; readonly value: unknown } | Extract<ParseResult, { ok: false }>;

/** Converts a raw value. An empty one becomes what the var holds without a value. */
export function converted(field: FieldInfo, raw: unknown): Converted {
  const { kind, nullable } = field;
  if (kind === "manyToMany") return raw === null || raw === "" ? parsed([]) : fieldKinds.manyToMany.parse(raw, field);
  if (TEXTUAL.has(kind)) return text(field, raw);
  if (raw === null || raw === undefined) return parsed(kind === "boolean" && !nullable ? false : null);
  if (typeof raw === "string" && raw.trim() === "" && !(kind === "enum" && field.enumItems?.includes(raw))) {
    return parsed(kind === "boolean" && !nullable ? false : null);
  }
  if (kind === "relation") return parseKey(field, raw);
  // Its limits are the business of the save.
  if (kind === "integer" || kind === "float") return fieldKinds.float.parse(raw, field);
  const result = fieldKinds[kind].parse(raw, field);
  return result.ok && kind === "datetime" ? { ok: true, value: new Date(result.value as string) } : result;
}

function text({ kind, nullable }: FieldInfo, raw: unknown): Converted {
  if (raw === null || raw === undefined) return parsed(nullable ? null : "");
  if (raw === "" && nullable && kind !== "text" && kind !== "longText") return parsed(null);
  if (typeof raw === "string") return parsed(raw);
  if (kind === "date" && raw instanceof Date && !Number.isNaN(raw.valueOf()))
    return parsed(raw.toISOString().slice(0, 10));
  if ((kind === "decimal" || kind === "bigInteger") && (typeof raw === "number" || typeof raw === "bigint")) {
    return parsed(String(raw));
  }
  return refused("Enter text.") as Converted;
}

/** Describes the input of a field for a page. */
export function formField({ field, required }: FieldVar, hasOptions: boolean): FormField {
  const { name, kind, widget, label, helpText, nullable, maxLength, min, max, scale, choices } = field;
  const known = Object.entries({ helpText, maxLength, min, max, scale, choices }).filter(
    ([, value]) => value !== undefined,
  );
  return { field: name, kind, widget, label, required, nullable, hasOptions, ...Object.fromEntries(known) };
}
