import { expect, test } from "vitest";
import { movedPosition } from "./caret.ts";

const CASES: [title: string, before: string, after: string][] = [
  ["stays where nothing changed", "hel|lo", "hel|lo"],
  ["stays in a text that became upper case", "he|llo", "HE|LLO"],
  ["moves back when spaces before it are cut", "  he|llo", "he|llo"],
  ["stays when spaces after it are cut", "he|llo  ", "he|llo"],
  ["ends at the end when the cut text held it", "hello  |", "hello|"],
  ["moves along when a separator is put before it", "1234|", "1,234|"],
  ["moves along in the middle of a formatted number", "12|345", "12|,345"],
  ["stays when text is added behind it", "ab|", "ab|c"],
  ["goes to the start of an emptied text", "abc|", "|"],
];

test.each(CASES)("the caret %s", (_title, before, after) => {
  const moved = movedPosition(before.replace("|", ""), after.replace("|", ""), before.indexOf("|"));
  expect(moved).toBe(after.indexOf("|"));
});
