/** Types of inputs that show a date or a part of one. */
const DATE_TYPES: ReadonlySet<string> = new Set(["date", "datetime-local", "month", "week", "time"]);

const DAY = 86_400_000;
const PATTERNS: { readonly [type: string]: RegExp } = {
  date: /^(\d{4,6})-(\d\d)-(\d\d)$/,
  "datetime-local": /^(\d{4,6})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/,
  month: /^(\d{4,6})-(\d\d)$/,
  week: /^(\d{4,6})-W(\d\d)$/,
  time: /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/,
};

/** Whether an input of this type shows a date or a part of one. */
export function isDateType(type: string): boolean {
  return DATE_TYPES.has(type);
}

/**
 * Returns the text with which an input of a type shows a date.
 *
 * `datetime-local` shows a moment in the browser's time zone. The other types show the date in UTC, as `valueAsDate`
 * does, so that every browser shows the same day.
 *
 * @example
 * dateText(new Date(0), "date"); // "1970-01-01"
 */
export function dateText(date: Date, type: string): string {
  if (Number.isNaN(date.getTime())) return "";
  if (type === "datetime-local") {
    // The same numbers as a date in UTC, so that one set of functions reads both.
    const local = utc(date.getFullYear(), date.getMonth(), date.getDate());
    return `${dayText(local)}T${timeText(date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds())}`;
  }
  if (type === "time") {
    return timeText(date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds());
  }
  if (type === "month") return dayText(date).slice(0, -3);
  if (type === "week") return weekText(date);
  return dayText(date);
}

/**
 * Reads the text of an input of a type as a date; undefined when the text is no full date.
 *
 * A time of day keeps the day of `current`, or is a time of 1 January 1970.
 *
 * @example
 * readDateText("2024-03-04", "date", null); // 4 March 2024, 0:00 UTC
 */
export function readDateText(text: string, type: string, current: unknown): Date | undefined {
  const match = (PATTERNS[type] ?? PATTERNS.date)?.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1);
  const [first = 0, second = 0, third = 0, hours = 0, minutes = 0, seconds = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  switch (type) {
    case "datetime-local": {
      const date = new Date(2000, 0, 1, hours, minutes, seconds, milliseconds(parts[6]));
      date.setFullYear(first, second - 1, third);
      return sameText(date, text.replace(" ", "T"), type);
    }
    case "time": {
      const day = current instanceof Date && !Number.isNaN(current.getTime()) ? startOfDay(current) : 0;
      return new Date(day + ((first * 60 + second) * 60 + third) * 1000 + milliseconds(parts[3]));
    }
    case "month":
      return sameText(utc(first, second - 1, 1), text, type);
    case "week":
      return sameText(new Date(firstMonday(first).getTime() + (second - 1) * 7 * DAY), text, type);
    default:
      return sameText(utc(first, second - 1, third), text, "date");
  }
}

/** Refuses what runs over into another month, such as 30 February. */
function sameText(date: Date, text: string, type: string): Date | undefined {
  return dateText(date, type).slice(0, 10) === text.slice(0, 10) ? date : undefined;
}

function utc(year: number, month: number, day: number): Date {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month, day);
  return date;
}

function startOfDay(date: Date): number {
  return Math.floor(date.getTime() / DAY) * DAY;
}

function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(3, "0"));
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function dayText(date: Date): string {
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

function timeText(hours: number, minutes: number, seconds: number, millis: number): string {
  const text = `${two(hours)}:${two(minutes)}`;
  if (seconds === 0 && millis === 0) return text;
  return `${text}:${two(seconds)}${millis === 0 ? "" : `.${String(millis).padStart(3, "0")}`}`;
}

/** Monday of week 1: the week that holds 4 January. */
function firstMonday(year: number): Date {
  const fourth = utc(year, 0, 4);
  return new Date(fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY);
}

function weekText(date: Date): string {
  const day = startOfDay(date);
  // The Thursday of a week decides to which year the week belongs.
  const thursday = new Date(day + (3 - ((new Date(day).getUTCDay() + 6) % 7)) * DAY);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - firstMonday(year).getTime()) / (7 * DAY)) + 1;
  return `${String(year).padStart(4, "0")}-W${two(week)}`;
}
