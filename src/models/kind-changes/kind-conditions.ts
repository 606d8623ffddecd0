import type { DialectSchema } from "../migrations/dialect-schema.ts";
import { type ColumnKind, isNarrower, isNumber, isText, type KindChange } from "./column-kinds.ts";

/** A condition of SQL that values meet which a new kind refuses, and the end of the sentence about them. */
export interface RefusedValues {
  readonly condition: string;
  /** The end of the sentence that begins with "has a value": "that is not a date". */
  readonly words: string;
}

const DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const MINUTE = "([01][0-9]|2[0-3]):[0-5][0-9]";
const ZONE = "(Z|z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])";
const EXPONENT = "([eE][+-]?[0-9]{1,3})?";
/** Texts of each kind, as `convertValue` reads them: patterns that PostgreSQL, MySQL and MariaDB read alike. */
const FORMS = {
  integer: "^[+-]?[0-9]+$",
  float: `^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)${EXPONENT}$`,
  decimal: "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$",
  date: `^${DAY}$`,
  datetime: `^${DAY}([T ]${MINUTE}(:[0-5][0-9]([.][0-9]{1,9})?)?${ZONE}?)?$`,
  time: `^${MINUTE}(:[0-5][0-9]([.]0{1,9})?)?$`,
  uuid: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
} as const;
const WORDS: { readonly [kind: string]: string } = {
  integer: "whole number",
  bigInteger: "whole number",
  float: "number",
  decimal: "decimal number",
  boolean: "boolean",
  date: "date",
  datetime: "date and time",
  time: "time",
  uuid: "UUID",
  json: "JSON",
  binary: "bytes",
  enum: "item",
};
/** Words that a text may hold for a boolean. */
export const TRUE_WORDS = "'true', 't', 'yes', 'y', 'on'";
/** The same for false. */
export const FALSE_WORDS = "'false', 'f', 'no', 'n', 'off'";
const BIG_BOUNDS = ["-9223372036854775808", "9223372036854775807"] as const;
/** The largest double below 2^63. */
const LAST_DOUBLE = "9223372036854774784";

/** Writes SQL about the values of one column of PostgreSQL or MySQL. */
export class ColumnSql {
  readonly column: string;
  readonly #isMysql: boolean;

  constructor(schema: DialectSchema, column: string) {
    this.column = schema.quote(column);
    this.#isMysql = schema.dialect === "mysql";
  }

  /** The value as a column of texts would hold it. */
  text({ kind }: ColumnKind): string {
    const { column } = this;
    if (this.#isMysql) {
      if (kind === "boolean") return `if(${column}, 'true', 'false')`;
      if (kind === "datetime")
        return `concat(date_format(${column}, '%Y-%m-%dT%H:%i:%s.'), lpad(floor(microsecond(${column}) / 1000), 3, '0'), 'Z')`;
      if (kind === "binary") return `convert(${column} using utf8mb4)`;
      return isText({ kind }) ? column : `cast(${column} as char)`;
    }
    if (kind === "binary") return `convert_from(${column}, 'UTF8')`;
    if (kind === "datetime") return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    return `${column}::text`;
  }

  /** The text without white space around it. */
  trimmed(was: ColumnKind): string {
    const flags = this.#isMysql ? "" : ", 'g'";
    return `regexp_replace(${this.text(was)}, '^[[:space:]]+|[[:space:]]+$', ''${flags})`;
  }

  matches(text: string, pattern: string): string {
    return `${text} ${this.#isMysql ? "regexp" : "~"} '${pattern}'`;
  }

  /** A text that is a number, as one. */
  number(text: string): string {
    return this.#isMysql ? `cast(${text} as decimal(65,0))` : `${text}::numeric`;
  }

  /** Matches texts of numbers that are out of bounds. Texts that are not numbers do not count. */
  beyond(text: string, min: number | string, max: number | string): string {
    const outside = `${this.number(text)} not between ${min} and ${max}`;
    return `case when ${this.matches(text, FORMS.integer)} then ${outside} else false end`;
  }

  /** Meets numbers that a double does not hold with all their digits. */
  losesDigits({ kind, scale = 0 }: ColumnKind): string {
    const { column } = this;
    if (kind === "decimal") {
      if (this.#isMysql) return `cast(cast(${column} as double) as decimal(65,${scale})) <> ${column}`;
      return `${column}::float8::text::numeric <> ${column}`;
    }
    const back = this.#isMysql ? `cast(cast(${column} as double) as signed)` : `${column}::float8::bigint`;
    return `case when abs(${column}) <= 9007199254740992 then false when abs(${column}) > ${LAST_DOUBLE} then true else ${back} <> ${column} end`;
  }

  /** Meets doubles and decimals with more decimal places. */
  hasPlaces({ kind }: ColumnKind, scale: number): string {
    const { column } = this;
    if (kind === "decimal") return `${column} <> round(${column}, ${scale})`;
    // Of a double only what its 15 sure digits say counts: 0.1 + 0.2 is 0.3.
    if (this.#isMysql) return `abs(${column} - round(${column}, ${scale})) > abs(${column}) * 1e-15`;
    return `${column}::numeric <> round(${column}::numeric, ${scale})`;
  }

  /** Meets texts of numbers that a double would change: to 0, to a nearby one, or to none. */
  changesNumber(text: string): string {
    const double = this.#isMysql ? `cast(cast(${text} as double) as char)` : `${text}::float8::text`;
    const isChanged = `${this.#digits(double)} <> ${this.#digits(text)}`;
    return `case when ${this.matches(text, FORMS.float)} then ${isChanged} else false end`;
  }

  /** The digits of a number without zeros at the beginning and at the end. */
  #digits(text: string): string {
    const mantissa = `regexp_replace(${text}, '[eE].*$', '')`;
    const digits = `regexp_replace(${mantissa}, '[^0-9]', ''${this.#isMysql ? "" : ", 'g'"})`;
    return `trim(both '0' from ${digits})`;
  }

  /** Matches bytes that are not a text in UTF-8. */
  isNoText({ kind }: ColumnKind): RefusedValues[] {
    // PostgreSQL refuses them itself.
    if (kind !== "binary" || !this.#isMysql) return [];
    const { column } = this;
    const condition = `convert(convert(${column} using utf8mb4) using binary) <> ${column}`;
    return [{ condition, words: "that is not valid UTF-8" }];
  }

  /** Matches texts that are not JSON. */
  isNoJson(was: ColumnKind): RefusedValues[] {
    // PostgreSQL refuses them itself, and has no function that checks them.
    return this.#isMysql ? [{ condition: `not json_valid(${this.text(was)})`, words: "that is not valid JSON" }] : [];
  }

  /** Meets texts that look like a day and are none of the calendar. */
  isNoDay(text: string): string {
    const { column } = this;
    const zero = `${text} like '0000%'`;
    return this.#isMysql ? `${column} is not null and (${zero} or cast(left(${text}, 10) as date) is null)` : zero;
  }
}

/** The values of a column that a change of its kind refuses, on PostgreSQL and MySQL; the same as `convertValue` refuses. */
export function refusedValues(sql: ColumnSql, was: ColumnKind, is: ColumnKind, change: KindChange): RefusedValues[] {
  const { column } = sql;
  const noWay = [{ condition: `${column} is not null`, words: `that can't become ${article(is)}` }];
  if (is.kind === "enum") return isText(was) ? notAmong(sql.text(was), change) : noWay;
  if (isText(is) && is.kind !== "uuid") return tooLong(sql, was, is);
  if (isText(was)) return wrongTexts(sql, was, is);
  if (isNumber(was)) return isNumber(is) || /^(?:boolean|json)$/.test(is.kind) ? wrongNumbers(sql, was, is) : noWay;
  if (was.kind === "json") return is.kind === "boolean" || isNumber(is) ? wrongJson(sql, was, is) : noWay;
  if (was.kind === "boolean") return isNumber(is) || is.kind === "json" ? [] : noWay;
  if (was.kind === is.kind) return is.kind === "binary" && isNarrower(was, is) ? tooManyBytes(column, is) : [];
  const isCut =
    was.kind === "datetime" ? /^(?:date|time)$/.test(is.kind) : was.kind === "date" && is.kind === "datetime";
  return isCut ? [] : noWay;
}

function article({ kind }: ColumnKind): string {
  const word = WORDS[kind] ?? kind;
  return /^(?:JSON|bytes)$/.test(word) ? word : `${/^[aeio]/.test(word) ? "an" : "a"} ${word}`;
}

function notAmong(text: string, { items }: KindChange): RefusedValues[] {
  if (items === undefined || items.length === 0) return [];
  return [{ condition: `${text} not in (${items.join(", ")})`, words: "that is not one of the items" }];
}

function tooLong(sql: ColumnSql, was: ColumnKind, is: ColumnKind): RefusedValues[] {
  const { maxLength } = is;
  if (maxLength === undefined || (isText(was) && !isNarrower(was, is))) return sql.isNoText(was);
  return [
    ...sql.isNoText(was),
    { condition: `char_length(${sql.text(was)}) > ${maxLength}`, words: `with more than ${maxLength} characters` },
  ];
}

function tooManyBytes(text: string, { maxLength }: ColumnKind): RefusedValues[] {
  return [{ condition: `octet_length(${text}) > ${maxLength}`, words: `with more than ${maxLength} bytes` }];
}

function wrongTexts(sql: ColumnSql, was: ColumnKind, is: ColumnKind): RefusedValues[] {
  const { kind } = is;
  if (kind === "uuid" && was.kind === "uuid") return [];
  if (kind === "json") return sql.isNoJson(was);
  if (kind === "binary") return is.maxLength === undefined ? [] : tooManyBytes(sql.text(was), is);
  const text = sql.trimmed(was);
  const words = `that is not ${article(is)}`;
  if (kind === "boolean")
    return [{ condition: `lower(${text}) not in (${TRUE_WORDS}, '1', ${FALSE_WORDS}, '0')`, words }];
  const form = FORMS[kind === "bigInteger" ? "integer" : (kind as keyof typeof FORMS)];
  const wrong = { condition: `not ${sql.matches(kind === "uuid" ? `lower(${text})` : text, form)}`, words };
  if (kind === "date" || kind === "datetime") return [wrong, { condition: sql.isNoDay(text), words }];
  if (kind === "float") {
    const condition = sql.changesNumber(text);
    return [wrong, { condition, words: "with digits or an exponent that a number of 64 bits does not keep" }];
  }
  if (kind === "decimal") return [wrong, unlikeSize(sql, text, is)];
  const bounds = boundsOf(is);
  return bounds === undefined ? [wrong] : [wrong, outside(sql.beyond(text, ...bounds), bounds)];
}

function unlikeSize(sql: ColumnSql, text: string, { precision = 10, scale = 0 }: ColumnKind): RefusedValues {
  const size = `^[+-]?0*[0-9]{0,${precision - scale}}([.][0-9]{0,${scale}}0*)?$`;
  return {
    condition: `not ${sql.matches(text, size)}`,
    words: `with more than ${precision - scale} digits or ${scale} decimal places`,
  };
}

type Bounds = readonly [min: number | string, max: number | string];

function boundsOf({ kind, min, max }: ColumnKind): Bounds | undefined {
  if (kind === "bigInteger") return BIG_BOUNDS;
  return kind === "integer" && min !== undefined && max !== undefined ? [min, max] : undefined;
}

function outside(condition: string, [min, max]: Bounds): RefusedValues {
  return { condition, words: `below ${min} or above ${max}` };
}

function wrongNumbers(sql: ColumnSql, was: ColumnKind, is: ColumnKind): RefusedValues[] {
  const { column } = sql;
  const { scale = 0 } = is;
  if (is.kind === "boolean") return [{ condition: `${column} not in (0, 1)`, words: "that is neither 0 nor 1" }];
  if (is.kind === "float" || is.kind === "json") {
    if (was.kind !== "bigInteger" && was.kind !== "decimal") return [];
    return [{ condition: sql.losesDigits(was), words: "with more digits than a floating-point number keeps" }];
  }
  const found: RefusedValues[] = [];
  if (was.kind === "float" || (was.kind === "decimal" && (was.scale ?? 0) > scale)) {
    const words = scale === 0 ? "with decimal places" : `with more than ${scale} decimal places`;
    found.push({ condition: sql.hasPlaces(was, scale), words });
  }
  const bounds = numberBounds(was, is);
  if (bounds !== undefined) found.push(outside(`${column} not between ${bounds[0]} and ${bounds[1]}`, bounds));
  return found;
}

/** Bounds of a kind of numbers, where values of the other kind may be beyond them. */
function numberBounds(was: ColumnKind, is: ColumnKind): Bounds | undefined {
  if (is.kind === "integer") return isNarrower(was, is) ? boundsOf(is) : undefined;
  if (is.kind === "bigInteger") {
    if (was.kind === "float") return [BIG_BOUNDS[0], LAST_DOUBLE];
    return was.kind === "decimal" && wholeDigits(was) > 18 ? BIG_BOUNDS : undefined;
  }
  if (wholeDigits(was) <= wholeDigits(is)) return undefined;
  const most = `${"9".repeat(wholeDigits(is)) || "0"}.${"9".repeat(is.scale ?? 0)}`.replace(/[.]$/, "");
  return [`-${most}`, most];
}

/** Most digits before the decimal point. */
function wholeDigits({ kind, precision = 10, scale = 0 }: ColumnKind): number {
  if (kind === "decimal") return precision - scale;
  return { integer: 10, bigInteger: 19 }[kind as string] ?? Number.POSITIVE_INFINITY;
}

function wrongJson(sql: ColumnSql, was: ColumnKind, is: ColumnKind): RefusedValues[] {
  const text = sql.text(was);
  const words = `that is not ${article(is)}`;
  if (is.kind === "boolean") return [{ condition: `${text} not in ('true', 'false', '1', '0')`, words }];
  const isTruth = `${text} in ('true', 'false')`;
  const form = is.kind === "float" || is.kind === "decimal" ? FORMS[is.kind] : "^-?[0-9]+([.]0*)?$";
  const found = [{ condition: `not (${isTruth} or ${sql.matches(text, form)})`, words }];
  if (is.kind === "decimal") {
    const { condition, words } = unlikeSize(sql, text, is);
    found.push({ condition: `not (${isTruth}) and ${condition}`, words });
  }
  const bounds = boundsOf(is);
  if (bounds !== undefined) found.push(outside(sql.beyond(text, ...bounds), bounds));
  return found;
}
