import { intlOnce } from "./intl-cache.ts";

/**
 * A moment: a `Date`, milliseconds since 1970, or an ISO-8601 text such as "2026-03-01T23:30:00Z". A text without an offset is
 * in UTC. A text of a day alone ("2026-03-01") is that day everywhere.
 */
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

/** Returns a formatter of `Intl` for a language and options. */
function formatter<T extends object>(kind: string, language: string, options: object, make: () => T): T {
  return intlOnce(`${kind} ${language} ${JSON.stringify(options)}`, make);
}

/** Browsers and Node may differ in the space that they put before "PM": both get the same one. */
function sameSpaces(text: string): string {
  return text.replaceAll("\u202f", "\u00a0");
}

/** Data may lack what its type promises. */
function isAbsent(value: unknown): boolean {
  return value === null || value === undefined;
}

/** Returns how a value is shown that cannot be formatted. */
function plainText(value: unknown): string {
  return isAbsent(value) ? "" : String(value);
}

const ISO_MOMENT =
  /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?)?$/i;

/** Returns a moment as a `Date`, and whether it is a day alone; undefined for what is no moment. */
function readMoment(moment: Moment): { readonly date: Date; readonly isDay: boolean } | undefined {
  // `Date` would read null as 1970.
  if (isAbsent(moment)) return undefined;
  const date = typeof moment === "string" ? readIso(moment) : new Date(moment);
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return { date, isDay: typeof moment === "string" && !moment.includes(":") };
}

/** `Date` reads any text that resembles a date, each engine another set, and a text without an offset in the zone of its process. */
function readIso(text: string): Date | undefined {
  const [, day, time = "00:00", seconds = "00", fraction = "", , hours, minutes = "00"] = ISO_MOMENT.exec(text) ?? [];
  if (day === undefined) return undefined;
  const zone = hours === undefined ? "Z" : `${hours}:${minutes}`;
  const midnight = new Date(`${day}T00:00Z`);
  // Some engines take 30 February for a day of March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  return new Date(`${day}T${time}:${seconds}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`);
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

/**
 * Returns the formats of a language and a time zone: the same on the server and in the browser. What is no moment or number
 * is shown as the text that it is, and null and undefined as an empty text.
 *
 * @example
 * formatsFor("de", "Europe/Berlin").date("2026-03-01T23:30:00Z"); // "02.03.2026"
 */
export function formatsFor(language: string, timeZone: string): Formats {
  return intlOnce(`formats ${language} ${timeZone}`, () => makeFormats(language, timeZone));
}

function makeFormats(language: string, timeZone: string): Formats {
  const moment = (given: Moment, options: Intl.DateTimeFormatOptions) => {
    const read = readMoment(given);
    if (read === undefined) return plainText(given);
    // A day has no zone: shown in another one it would be the day before.
    const whole = { ...options, timeZone: read.isDay ? "UTC" : (options.timeZone ?? timeZone) };
    const format = formatter("date", language, whole, () => new Intl.DateTimeFormat(language, whole));
    return sameSpaces(format.format(read.date));
  };
  const number = (value: bigint | number | string, options: Intl.NumberFormatOptions) => {
    const numeric = typeof value === "string" ? value.trim() : value;
    const isText = numeric === "" || (typeof numeric === "string" && Number.isNaN(Number(numeric)));
    if (isText || isAbsent(value)) return plainText(value);
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
      const [then, now] = [readMoment(given)?.date, readMoment(from)?.date];
      if (then === undefined || now === undefined) return plainText(given);
      const seconds = (then.getTime() - now.getTime()) / 1000;
      const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
      const options = { numeric: "auto" } as const;
      const format = formatter("relative", language, options, () => new Intl.RelativeTimeFormat(language, options));
      return sameSpaces(format.format(Math.trunc(seconds / length), unit as Intl.RelativeTimeFormatUnit));
    },
    number: (value, options = {}) => number(value, options),
    currency: (value, currency, options = {}) => number(value, { style: "currency", currency, ...options }),
    percent: (value, options = {}) => number(value, { style: "percent", ...options }),
    list: (items, options = {}) =>
      formatter("list", language, options, () => new Intl.ListFormat(language, options)).format(items ?? []),
  };
}
