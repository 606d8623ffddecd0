import { expect, test } from "vitest";
import { matchPage, pageTable, queryOf } from "./page.ts";
import { encodeValue } from "./values.ts";

test("a query holds no name that reaches a prototype, so that it can be part of a var", () => {
  const { location } = matchPage(pageTable([{ route: "/" }]), "/?constructor=1&__proto__=2&prototype=3&q=4&q=5");
  expect({ ...location.query }).toEqual({ q: "5" });
  expect(encodeValue(location.query)).toEqual({ q: "5" });
  expect(queryOf(new URL("http://localhost/"))["toString"]).toBeUndefined();
});
