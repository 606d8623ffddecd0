import { emptyOr, type KindRow, nullable, parsed, refused } from "./kind-row.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.0{1,9})?)?$/;
const DATETIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})$/;
/** What drivers answer: no zone is UTC, because that is what was written. */
const STORED = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}(?::?\d{2})?)?$/;
/** Longer than any date. */
const LONGEST = 64;

/** A day of the calendar; it has no time zone, so that it is the same day everywhere. */
export const dateKind: KindRow = {
  parse(raw) {
    const text = shortText(raw);
    return isDay(text) ? parsed(text) : refused("Enter a date such as 2026-03-01.");
  },
  toPlain: nullable(plainDate),
  fromDriver: nullable(plainDate),
  toDriver: nullable(plainDate),
  empty: (field) => emptyOr(field, null),
  widget: "date",
};

/** A moment; ISO-8601 in UTC with milliseconds as a plain value. Finer fractions of a second are cut. */
export const datetimeKind: KindRow = {
  parse(raw) {
    const date = raw instanceof Date ? raw : parseMoment(shortText(raw));
    if (date === undefined || !withinYears(date))
      return refused("Enter a date and time with its zone, such as 2026-03-01T09:30:00Z.");
    return parsed(date.toISOString());
  },
  toPlain: nullable(plainMoment),
  fromDriver: nullable(plainMoment),
  toDriver: nullable((value, dialect: string) => {
    const date = toMoment(value);
    if (dialect === "sqlite") return date.getTime();
    return dialect === "mysql" ? date.toISOString().slice(0, 23).replace("T", " ") : date.toISOString();
  }),
  empty: (field) => emptyOr(field, null),
  widget: "datetime",
};

/** A time of day to the second, without a zone. */
export const timeKind: KindRow = {
  parse(raw) {
    const text = plainTime(shortText(raw));
    return text === undefined ? refused("Enter a time such as 09:30 or 09:30:00.") : parsed(text);
  },
  toPlain: nullable(storedTime),
  fromDriver: nullable(storedTime),
  toDriver: nullable(storedTime),
  empty: (field) => emptyOr(field, null),
  widget: "time",
};

function shortText(raw: unknown): string {
  return typeof raw === "string" && raw.length <= LONGEST ? raw.trim() : "";
}

function isDay(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function parseMoment(text: string): Date | undefined {
  const match = DATETIME.exec(text);
  if (match === null) return undefined;
  const [, day = "", hour, minute, second = "00", fraction = "", zone = "Z"] = match;
  if (!isDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = offsetMinutes(zone);
  if (offset === undefined) return undefined;
  const utc = new Date(`${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
  return new Date(utc.getTime() - offset * 60_000);
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** Databases and ISO dates agree on the years 1 to 9999. */
function withinYears(date: Date): boolean {
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999;
}

function plainDate(value: unknown): string {
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value).slice(0, 10);
}

function plainMoment(value: unknown): string {
  return toMoment(value).toISOString();
}

function toMoment(value: unknown): Date {
  if (value instanceof Date) return value;
  if (typeof value === "number" || typeof value === "bigint") return new Date(Number(value));
  const text = String(value);
  const match = STORED.exec(text);
  if (match === null) return new Date(/^-?\d+$/.test(text) ? Number(text) : text);
  const [, day, time, zone = "Z"] = match;
  return new Date(`${day}T${time}${zone.length === 3 ? `${zone}:00` : zone}`);
}

function plainTime(text: string): string | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [, hour = "", minute = "", second = "00"] = match;
  return Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 ? undefined : `${hour}:${minute}:${second}`;
}

function storedTime(value: unknown): string {
  const text = String(value);
  return plainTime(text) ?? text.slice(0, 8);
}
