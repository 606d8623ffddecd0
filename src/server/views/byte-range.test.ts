import { expect, it } from "vitest";
import { byteRange } from "./byte-range.ts";

const subject = { size: 100, etag: '"a"', lastModified: "Fri, 28 Nov 2025 03:11:00 GMT" };
const of = (headers: Record<string, string>, method = "GET", size = 100) =>
  byteRange({ method, headers }, { ...subject, size });

it.each([
  ["bytes=0-9", { start: 0, end: 9 }],
  ["bytes=10-", { start: 10, end: 99 }],
  ["bytes=-5", { start: 95, end: 99 }],
  ["bytes=-500", { start: 0, end: 99 }],
  ["bytes=90-500", { start: 90, end: 99 }],
  ["bytes=0-0", { start: 0, end: 0 }],
  ["bytes=10-5", "unsatisfiable"],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=-", undefined],
  ["bytes=0-1,5-6", undefined],
  ["lines=0-1", undefined],
  ["bytes=a-b", undefined],
])("The range %s of a hundred bytes is %o", (range, expected) => {
  expect(of({ range })).toEqual(expected);
});

it("A range is for GET alone, of the version that If-Range names, and never of an empty file", () => {
  const range = "bytes=0-1";
  expect(of({ range }, "HEAD")).toBeUndefined();
  expect(of({ range, "if-range": '"b"' })).toBeUndefined();
  expect(of({ range, "if-range": '"a"' })).toEqual({ start: 0, end: 1 });
  expect(of({ range, "if-range": subject.lastModified })).toEqual({ start: 0, end: 1 });
  expect(of({ range }, "GET", 0)).toBe("unsatisfiable");
  expect(of({})).toBeUndefined();
});
