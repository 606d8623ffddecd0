import { afterEach, describe, expect, it, vi } from "vitest";
import { formatsFor, type Moment } from "./formats.ts";

afterEach(() => vi.unstubAllEnvs());

const tokyo = formatsFor("en", "Asia/Tokyo");
const MOMENTS: readonly (readonly [Moment, string])[] = [
  ["2026-03-01T23:30:00Z", "Mar 2, 2026, 8:30 AM"],
  ["2026-03-01T23:30:00.123456z", "Mar 2, 2026, 8:30 AM"],
  ["2026-03-01T23:30+02:00", "Mar 2, 2026, 6:30 AM"],
  ["2026-03-01T23:30-0130", "Mar 2, 2026, 10:00 AM"],
  ["2026-03-01 23:30:00+02", "Mar 2, 2026, 6:30 AM"],
  // Without an offset it is in UTC.
  ["2026-03-01T23:30", "Mar 2, 2026, 8:30 AM"],
  ["2026-03-01 23:30:00", "Mar 2, 2026, 8:30 AM"],
  // A day alone is that day everywhere.
  ["2026-03-01", "Mar 1, 2026, 12:00 AM"],
  ["+012026-03-01", "Mar 1, 12026, 12:00 AM"],
  [Date.UTC(2026, 2, 1, 23, 30), "Mar 2, 2026, 8:30 AM"],
  [new Date(Date.UTC(2026, 2, 1, 23, 30)), "Mar 2, 2026, 8:30 AM"],
];
const NO_MOMENTS: readonly Moment[] = [
  "Room 5",
  "5",
  "March 1, 2026",
  "2026-3-1",
  "2026-02-30",
  "2026-02-30T10:00Z",
  "2026-13-01",
  "2026-03-01T25:00Z",
  "2026-03-01Z",
  "2026-03-01T10:00:00 UTC",
  "-000000-01-01",
  "",
  Number.NaN,
];

describe.each(["UTC", "America/New_York", "Pacific/Kiritimati"])(
  "Moments in a process whose time zone is %s",
  (zone) => {
    it.each(MOMENTS)("%s is the same everywhere", (moment, expected) => {
      vi.stubEnv("TZ", zone);
      expect(tokyo.dateTime(moment).replaceAll("\u00a0", " ")).toBe(expected);
    });

    it.each(NO_MOMENTS)("%s is no moment, and is shown as it is", (text) => {
      vi.stubEnv("TZ", zone);
      expect([tokyo.date(text), tokyo.relative(text)]).toEqual([String(text), String(text)]);
    });

    it("a distance is the same everywhere", () => {
      vi.stubEnv("TZ", zone);
      expect(tokyo.relative("2026-03-01T12:00", "2026-03-01T10:00Z")).toBe("in 2 hours");
      expect(tokyo.relative("2026-03-01T12:00", "Room 5")).toBe("2026-03-01T12:00");
    });
  },
);

it.each([null, undefined])("%s is shown as an empty text by every format", (value) => {
  const absent = value as never;
  expect([
    tokyo.date(absent),
    tokyo.time(absent, "long"),
    tokyo.dateTime(absent),
    tokyo.relative(absent),
    tokyo.number(absent),
    tokyo.currency(absent, "EUR"),
    tokyo.percent(absent),
    tokyo.list(absent),
  ]).toEqual(["", "", "", "", "", "", "", ""]);
  expect(tokyo.relative("2026-03-01", null as never)).toBe("2026-03-01");
});

it("a time zone of the options counts for moments, and moves no day", () => {
  const inCairo = { dateStyle: "medium", timeZone: "Africa/Cairo" } as const;
  const west = { dateStyle: "medium", timeZone: "America/New_York" } as const;
  expect([tokyo.date("2026-03-01T23:30Z", inCairo), tokyo.date("2026-03-01T23:30Z", west)]).toEqual([
    "Mar 2, 2026",
    "Mar 1, 2026",
  ]);
  expect(tokyo.date("2026-03-01", west)).toBe("Mar 1, 2026");
  expect(tokyo.date("2026-03-01T23:30Z", { dateStyle: "medium", timeZone: undefined })).toBe("Mar 2, 2026");
});
