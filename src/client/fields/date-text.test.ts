import { expect, test } from "vitest";
import { dateText, readDateText } from "./date-text.ts";

const at = (iso: string) => new Date(iso);

test.each([
  ["date", "2024-03-04T00:00:00Z", "2024-03-04"],
  ["date", "0099-01-02T00:00:00Z", "0099-01-02"],
  ["date", "+012345-01-02T00:00:00Z", "12345-01-02"],
  ["month", "2024-03-01T00:00:00Z", "2024-03"],
  ["week", "2024-03-04T00:00:00Z", "2024-W10"],
  ["week", "2019-12-30T00:00:00Z", "2020-W01"],
  ["week", "2020-12-28T00:00:00Z", "2020-W53"],
  ["time", "1970-01-01T09:05:00Z", "09:05"],
  ["time", "1970-01-01T09:05:07Z", "09:05:07"],
  ["time", "1970-01-01T09:05:00.250Z", "09:05:00.250"],
])("an input of type %s shows %s as %s, and reads it back", (type, iso, text) => {
  expect(dateText(at(iso), type)).toBe(text);
  expect(readDateText(text, type, null)).toEqual(at(iso));
});

test("an input of type datetime-local shows and reads the time of the browser's zone", () => {
  const date = new Date(2024, 2, 4, 9, 30);
  expect(dateText(date, "datetime-local")).toBe("2024-03-04T09:30");
  expect(readDateText("2024-03-04T09:30", "datetime-local", null)).toEqual(date);
  expect(readDateText("2024-03-04T09:30:15.5", "datetime-local", null)).toEqual(new Date(2024, 2, 4, 9, 30, 15, 500));
});

test("a time of day keeps the day of the date", () => {
  expect(readDateText("10:30", "time", at("2024-03-04T08:00:00Z"))).toEqual(at("2024-03-04T10:30:00Z"));
});

test.each([
  ["date", "2024-02-30"],
  ["date", "04.03.2024"],
  ["date", "2024-3-4"],
  ["month", "2024-13"],
  ["week", "2021-W53"],
  ["datetime-local", "2024-02-30T10:00"],
])("an input of type %s reads no date from %s", (type, text) => {
  expect(readDateText(text, type, null)).toBeUndefined();
});
