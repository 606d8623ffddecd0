import { expect, test } from "vitest";
import { exposedMembers } from "./protected-fields.ts";

const names = (body: string, file = "notes.state.ts") =>
  exposedMembers(`class NotesState extends State {\n${body}\n}`, file).map(
    ({ kind, name, line }) => `${kind} ${name} ${line}`,
  );

test.each([
  ["protected audit: string[] = [];", ["field audit 2"]],
  ["private cache = 1;", ["field cache 2"]],
  ["protected readonly audit = 1;", ["field audit 2"]],
  ["private override audit = 1;", ["field audit 2"]],
  [`protected "audit" = 1;`, ["field audit 2"]],
  ["protected accessor audit = 1;", ["field audit 2"]],
  ["protected get total() { return 1; }", ["getter total 2"]],
  ["constructor(private clock: Clock) { super(); }", ["constructor parameter clock 2"]],
  ["constructor(protected clock = 1) { super(); }", ["constructor parameter clock 2"]],
  ["a = 1;\n\n  protected b = 1; private c = 2;", ["field b 4", "field c 4"]],
])("%s would be sent to the browser", (body, expected) => {
  expect(names(body)).toEqual(expected);
});

test.each([
  "audit = 1;",
  "public audit = 1;",
  "protected _audit = 1;",
  "#audit = 1;",
  "protected save() {}",
  "private async save() {}",
  "protected set total(value: number) {}",
  "protected static shared = 1;",
  "declare protected audit: string;",
  "protected get _total() { return 1; }",
  "constructor(clock: Clock) { super(); }",
  "constructor(private _clock: Clock) { super(); }",
  "protected abstract audit: string;",
  "protected broken = ;",
])("%s is fine", (body) => {
  expect(names(body)).toEqual([]);
});

test("a class inside a function, a class expression and JSX are read too", () => {
  const source = `export const make = () => class Inner extends Base { private a = <b>{1}</b>; };`;
  expect(exposedMembers(source, "x.state.tsx")).toEqual([
    { className: "Inner", name: "a", keyword: "private", kind: "field", line: 1, column: 61 },
  ]);
});
