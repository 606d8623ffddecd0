/** A moment: a `Date`, milliseconds since 1970, or an ISO-8601 text. A text of a day alone ("2026-03-01") is that day everywhere. */
export type Moment = Date | number | string;

/** How long a date or a time is written. */
export type DateStyle = "full" | "long" | "medium" | "short";

/** Formats of one language and time zone. */
export interface Formats {
  readonly language: string;
  /** For example "Africa/Cairo". */
  readonly timeZone: string;
  /** Formats the day of a moment; "medium" when absent. */
  date(moment: Moment, style?: DateStyle | Intl.DateTimeFormatOptions): string;
  /** Formats the time of day; "short" when absent. */
  time(moment: Moment, style?: DateStyle | Intl.DateTimeFormatOptions): string;
  /** Formats day and time; a "medium" day and a "short" time when absent. */
  dateTime(moment: Moment, style?: DateStyle | Intl.DateTimeFormatOptions): string;
  /** Formats the distance from now, or from another moment: "in 3 days", "yesterday". */
  relative(moment: Moment, from?: Moment): string;
  /** Formats a number, or the text of a decimal with all its digits. */
  number(value: bigint | number | string, options?: Intl.NumberFormatOptions): string;
  /** Formats an amount of money; the currency is a code such as "EUR". */
  currency(value: bigint | number | string, currency: string, options?: Intl.NumberFormatOptions): string;
  /** Formats a share: 0.25 is 25 %. */
  percent(value: number, options?: Intl.NumberFormatOptions): string;
  /** Joins texts: "a, b and c"; with `type: "disjunction"` "a, b or c". */
  list(items: Iterable<string>, options?: Intl.ListFormatOptions): string;
}

/** Units of `relative()` and their length in seconds, the longest first. */
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const made = new Map<string, unknown>();
/** Most formatters that are kept; each takes some 10 KB. */
const MAX_KEPT = 500;

/** Returns a formatter of `Intl`, made once: it takes longer to make one than to format with it. */
function formatter<T>(kind: string, language: string, options: object, make: () => T): T {
  const id = `${kind} ${language} ${JSON.stringify(options)}`;
  const known = made.get(id) as T | undefined;
  if (known !== undefined) return known;
  if (made.size >= MAX_KEPT) made.clear();
  const fresh = make();
  made.set(id, fresh);
  return fresh;
}

/** Browsers and Node may differ in the space that they put before "PM": both get the same one. */
function sameSpaces(text: string): string {
  return text.replaceAll("\u202f", "\u00a0");
}

function isDay(moment: Moment): moment is string {
  return typeof moment === "string" && /^\d{4}-\d{2}-\d{2}$/.test(moment);
}

/** Returns whether a text names a time zone that `Intl` knows. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name.length > 64) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const known = new Map<string, Formats>();

/**
 * Returns the formats of a language and a time zone: the same on the server and in the browser. What is no moment or number
 * is shown as the text that it is.
 *
 * @example
 * formatsFor("de", "Europe/Berlin").date("2026-03-01T23:30:00Z"); // "02.03.2026"
 */
export function formatsFor(language: string, timeZone: string): Formats {
  const id = `${language} ${timeZone}`;
  const formats = known.get(id) ?? makeFormats(language, timeZone);
  if (known.size >= MAX_KEPT) known.clear();
  known.set(id, formats);
  return formats;
}

function makeFormats(language: string, timeZone: string): Formats {
  const moment = (given: Moment, options: Intl.DateTimeFormatOptions) => {
    const date = given instanceof Date ? given : new Date(given);
    if (Number.isNaN(date.getTime())) return String(given);
    // A day has no zone: shown in another one it would be the day before.
    const whole = { timeZone: isDay(given) ? "UTC" : timeZone, ...options };
    return sameSpaces(formatter("date", language, whole, () => new Intl.DateTimeFormat(language, whole)).format(date));
  };
  const number = (value: bigint | number | string, options: Intl.NumberFormatOptions) => {
    const numeric = typeof value === "string" ? value.trim() : value;
    if (numeric === "" || (typeof numeric === "string" && Number.isNaN(Number(numeric)))) return String(value);
    const format = formatter("number", language, options, () => new Intl.NumberFormat(language, options));
    // A text keeps digits that a number cannot hold.
    return sameSpaces(format.format(numeric as Intl.StringNumericLiteral));
  };
  return {
    language,
    timeZone,
    date: (given, style = "medium") => moment(given, typeof style === "string" ? { dateStyle: style } : style),
    time: (given, style = "short") => moment(given, typeof style === "string" ? { timeStyle: style } : style),
    dateTime: (given, style) => {
      if (style === undefined) return moment(given, { dateStyle: "medium", timeStyle: "short" });
      return moment(given, typeof style === "string" ? { dateStyle: style, timeStyle: style } : style);
    },
    relative: (given, from = Date.now()) => {
      const seconds = (new Date(given).getTime() - new Date(from).getTime()) / 1000;
      if (Number.isNaN(seconds)) return String(given);
      const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
      const options = { numeric: "auto" } as const;
      const format = formatter("relative", language, options, () => new Intl.RelativeTimeFormat(language, options));
      return sameSpaces(format.format(Math.trunc(seconds / length), unit as Intl.RelativeTimeFormatUnit));
    },
    number: (value, options = {}) => number(value, options),
    currency: (value, currency, options = {}) => number(value, { style: "currency", currency, ...options }),
    percent: (value, options = {}) => number(value, { style: "percent", ...options }),
    list: (items, options = {}) =>
      formatter("list", language, options, () => new Intl.ListFormat(language, options)).format(items),
  };
}
