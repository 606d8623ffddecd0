import { describe, expect, it, test } from "vitest";
import { scanModule } from "./message-calls.ts";

const I18N = 'import { lazy, message, t } from "antiphon/i18n";\n';
const HOOK = 'import { useI18n } from "antiphon/react";\n';

function callsIn(code: string, file = "app.tsx") {
  const { body, declared, pages } = scanModule(file, code);
  return [...new Set([body, ...declared.values(), ...pages.map(({ unit }) => unit)])].flatMap(({ calls }) => calls);
}
const keysIn = (code: string, file?: string) => callsIn(code, file).map(({ key }) => key);

describe("Functions whose first argument is a key", () => {
  test.each([
    ["t, message and lazy of the server", `${I18N}t("Key"); message("Key"); lazy("Key");`, 3],
    ["other names of them", `import { t as say, message as mark } from "antiphon/i18n"; say("Key"); mark("Key");`, 2],
    ["the module as a whole", `import * as i18n from "antiphon/i18n"; i18n.t("Key"); i18n.message("Key");`, 2],
    ["t of the hook", `${HOOK}const A = () => { const { t } = useI18n(); return t("Key"); };`, 1],
    [
      "t of the hook by another name",
      `${HOOK}const A = () => { const { t: say } = useI18n(); return say("Key"); };`,
      1,
    ],
    ["a default value beside it", `${HOOK}function A() { const { t: say = x } = useI18n(); return say("Key"); }`, 1],
    ["the hook's object", `${HOOK}function A() { const i18n = useI18n(); return i18n.t("Key"); }`, 1],
    ["the hook's object without a name", `${HOOK}const A = () => useI18n().t("Key");`, 1],
    [
      "what is left of the hook's object",
      `${HOOK}function A() { const { language, ...more } = useI18n(); more.t("Key"); }`,
      1,
    ],
    [
      "the hook by another name",
      `import { useI18n as hook } from "antiphon/react"; const A = () => hook().t("Key");`,
      1,
    ],
    ["the hook in a module", `import * as page from "antiphon/react"; const A = () => page.useI18n().t("Key");`, 1],
    [
      "a module that is imported late",
      `const { message: mark } = await import("antiphon/i18n"); mark("Key"); (await import("./i18n.ts")).t("Key");`,
      2,
    ],
    ["a property of an object", `class A { show() { return this.i18n.t("Key"); } }`, 1],
    ["a copy of t", `${I18N}const say = t; say("Key");`, 1],
    ["a copy that is declared further below", `${I18N}function a() { say("Key"); }\nconst say = t;`, 1],
    ["a copy that is assigned", `${I18N}let say; say = t; say("Key");`, 1],
    ["one of two", `${I18N}const say = isLate ? other : t; say("Key"); (late ?? t)("Key");`, 2],
    ["an argument called t", `function label(t: Translate) { return t("Key"); }`, 1],
    ["an argument of the type Translate", `function label(say: Translate) { return say("Key"); }`, 1],
    ["a prop called t", `const A = ({ t }) => t("Key");`, 1],
    ["a prop called t by another name", `const A = ({ t: say }) => say("Key");`, 1],
    ["an argument's t", `function label(i18n: I18nView) { return i18n.t("Key"); }`, 1],
    [
      "t of a hook of the app",
      `import { useTexts } from "./use-texts.ts"; function A() { const { t } = useTexts(); t("Key"); }`,
      1,
    ],
    ["t of a module of the app", `import { t, message } from "../texts.ts"; t("Key"); message("Key");`, 2],
    ["t of a module of the app by an alias", `import { t as say } from "@/texts.ts"; say("Key");`, 1],
    ["t that some tool imports", `t("Key");`, 1],
    ["the second argument of a title", `app.addPage(A, { route: "/", title: (_, say) => say("Key") });`, 1],
    ["with a !", `${HOOK}function A({ i18n }) { i18n!.t("Key"); i18n.t!("Key"); t!("Key"); }`, 3],
    ["with ?.", `function A({ i18n }) { i18n?.t("Key"); i18n.t?.("Key"); }`, 2],
    ["with a type", `${I18N}(t as Translate)("Key"); (<Translate>t)("Key");`, 2],
  ])("%s", (_, code, count) => {
    const file = code.includes("<Translate>") ? "a.ts" : "a.tsx";
    expect(keysIn(code, file)).toEqual(Array.from({ length: count }, () => "Key"));
  });

  test.each([
    [
      "a name in a list, of a loop or of a constructor",
      `${I18N}const f = ([message]) => message("Key"); for (let message = x; ; ) message("Key"); class A { constructor(private message: Show) { message("Key"); } }`,
    ],
    ["a name in a switch", `${I18N}switch (x) { case 1: const message = log; message("Key"); }`],
    [
      "a module of a package that is imported late",
      `const { t, message } = await import("i18next"); t("Key"); message("Key");`,
    ],
    ["a method called message", `${I18N}toast.message("Key"); logger.message("Key"); const z = {}; z.lazy("Key");`],
    ["a function called message", `function message(text) {} message("Key");`],
    ["an argument called message", `${I18N}function show(message) { message("Key"); }`],
    ["message of a package", `import { message } from "antd"; message("Key");`],
    ["t of a package", `import { t } from "i18next"; t("Key");`],
    [
      "t of an object of a package",
      `import i18next from "i18next"; i18next.t("Key"); const { t } = i18next; t("Key");`,
    ],
    ["another export of the hook's module", `import { on } from "antiphon/react"; on("Key");`],
    [
      "another name within a block",
      `${I18N}{ const t = i18next.t; }\nfor (const lazy of all) lazy("Key"); try {} catch (message) { message("Key"); }`,
    ],
    [
      "a name of another function",
      `${HOOK}function A() { const { t: say } = useI18n(); }\nfunction B(say) { say("Key"); }`,
    ],
    ["what else the hook gives", `${HOOK}function A() { const { setLanguage: t2 } = useI18n(); t2("Key"); }`],
    ["a type", `import type { t } from "antiphon/i18n"; import { type message as m } from "antiphon/i18n"; m("Key");`],
    ["a global of the browser", `alert("Key"); console.t("Key");`],
  ])("not: %s", (_, code) => {
    expect(keysIn(code)).toEqual([]);
  });
});

describe("Keys", () => {
  it("are found wherever an expression is, and have the line where they stand", () => {
    const code = `${I18N}
class A { static { t("In a class"); } label = t("In a field"); get x() { return t("In a getter"); } }
enum B { C = t("In an enum") }
export namespace D { export const e = t("In a namespace"); }
const F = () => <p title={t("In an attribute")}>{a ? t("In JSX") : null}</p>;
switch (x) { case 1: t("In a case"); }
`;
    expect(callsIn(code).map(({ key, line }) => [key, line])).toEqual([
      ["In a case", 7],
      ["In a class", 3],
      ["In a field", 3],
      ["In a getter", 3],
      ["In an enum", 4],
      ["In a namespace", 5],
      ["In an attribute", 6],
      ["In JSX", 6],
    ]);
  });

  test.each([
    ["a text", `"Key"`, ["Key"]],
    ["a template without values", "`Key`", ["Key"]],
    ["a template with values", `\`Key \${a}\``, []],
    ["parts", `"Long " + "key"`, ["Long key"]],
    ["a comparison", `"Key" < "Other"`, []],
    ["one of two", `isNew ? "New" : ("Old" as const)`, ["New", "Old"]],
    ["a fallback", `given ?? "Key"`, ["Key"]],
    ["with a !", `"Key"!`, ["Key"]],
    ["a variable", "key", []],
    ["a number", "1", []],
  ])("%s", (_, argument, keys) => {
    expect(keysIn(`t(${argument});`)).toEqual(keys);
  });

  test.each([
    [`t("K", { count: 1 })`, { counts: true, ordinal: false, contexts: [], anyContext: false }],
    [`t("K", { count, ordinal: true })`, { counts: true, ordinal: true, contexts: [], anyContext: false }],
    [`t("K", { context: "verb" })`, { counts: false, contexts: ["verb"], anyContext: false }],
    [`t("K", { context: a ? "x" : "y" })`, { contexts: ["x", "y"], anyContext: false }],
    [`t("K", { context: a ? "x" : kind })`, { contexts: ["x"], anyContext: true }],
    [`t("K", { ...values })`, { contexts: [], anyContext: true }],
    [`t("K", values)`, { counts: false, contexts: [], anyContext: true }],
    [`t("K", { count, context: "x" } as const)`, { counts: true, contexts: ["x"], anyContext: false }],
    ['t("{{count}} K", values)', { counts: true }],
    ['t("{{ count }} K", { ...values })', { counts: true }],
    ['t("{{count}} K", { [name]: 1 })', { counts: true }],
    ['t("{{count}} K", isMany ? { count } : {})', { counts: true }],
    ['message("{{count}} K")', { counts: true }],
    ['t("{{count}} K", { name })', { counts: false }],
  ])("%s", (code, expected) => {
    expect(callsIn(code)).toMatchObject([expected]);
  });

  it("are titles of pages and of the not-found page too", () => {
    const code = `
const ROUTE = "/named";
const named = (_, t) => t("Named");
app.addPage(A, { route: "/a", title: "Text" });
app.addPage(B, { route: ROUTE, title: (_, t) => t(isNew ? "One" : "Two") });
app.addPage(C, { route: "/" + "c", title: named });
app.addPage(D, { route: base + "/d", title: isNew ? "Three" : "Four" });
app.setNotFound(E, { title: "Missing" });`;
    const { pages, body, declared } = scanModule("app.tsx", code);
    expect(pages.map(({ route, unit }) => [route, unit.calls.map(({ key }) => key)])).toEqual([
      ["/a", ["Text"]],
      ["/named", ["One", "Two"]],
      ["/c", []],
      [undefined, ["Three", "Four"]],
    ]);
    expect(pages[2]?.unit.names).toContain("named");
    expect(declared.get("named")?.calls).toMatchObject([{ key: "Named" }]);
    expect(body.calls).toMatchObject([{ key: "Missing" }]);
  });
});

describe("Parts of a module", () => {
  it("are its declarations, each with its keys and the names in it", () => {
    const { declared, body, pages } = scanModule(
      "app.tsx",
      `const { A, b: [B] } = parts, C = () => <Inner.Part x={y.z} w={{ v: 1, u }} />;
function D() { return t("D"); }
class E {}
export default function F() { return t("F"); }
t("Body");
app.addPage(C, { route: "/c", onLoad: on(State, "load") });`,
    );
    expect([...declared.keys()]).toEqual(["A", "B", "C", "D", "E", "F", "default"]);
    expect(declared.get("A")).toBe(declared.get("C"));
    expect(declared.get("F")).toBe(declared.get("default"));
    expect([...(declared.get("C")?.names ?? [])]).toEqual(expect.arrayContaining(["parts", "Inner", "y", "u"]));
    // Not the names of properties.
    for (const name of ["z", "v"]) expect(declared.get("C")?.names).not.toContain(name);
    expect(declared.get("D")?.calls).toMatchObject([{ key: "D" }]);
    expect(body.calls).toMatchObject([{ key: "Body" }]);
    expect([...body.names]).toEqual(expect.arrayContaining(["app", "on", "State"]));
    // The component counts for its page alone.
    expect(body.names).not.toContain("C");
    expect([...(pages[0]?.unit.names ?? [])]).toEqual(["C"]);
  });

  it("of one name are one part", () => {
    const { declared } = scanModule(
      "a.ts",
      `function a(x: string): void;
function a(x: number): void;
function a(x: unknown) { t("Function"); }
namespace a { export const b = t("Namespace"); }
export const Status = { open: t("Open") };
export type Status = keyof typeof Status;
interface Status {}`,
    );
    expect(declared.get("a")?.calls.map(({ key }) => key)).toEqual(["Function", "Namespace"]);
    expect(declared.get("Status")?.calls).toMatchObject([{ key: "Open" }]);
  });

  it("have their imports and exports in every form", () => {
    const scanned = scanModule(
      "a.tsx",
      `import one, { two, three as four, type Five } from "./one.ts";
import * as all from "./all.ts";
import "./effect.ts";
import type { Six } from "./types.ts";
export { two, one as default };
export { seven, eight as nine, default as ten } from "./seven.ts";
export * from "./star.ts";
export * as inner from "./inner.ts";
export type { Eleven } from "./types.ts";
export { type Fifteen };
export type * from "./types.ts";
export const { twelve } = all, thirteen = 1;
export enum Fourteen { A }
const Late = lazyPage(() => import("./late.tsx"));
import(\`./template.ts\`);
const Either = () => import(isNew ? "./new.ts" : "./old.ts");
import("./" + name);`,
    );
    expect(Object.fromEntries(scanned.imports)).toEqual({
      one: { source: "./one.ts", name: "default" },
      two: { source: "./one.ts", name: "two" },
      four: { source: "./one.ts", name: "three" },
      all: { source: "./all.ts", name: "*" },
    });
    expect(Object.fromEntries(scanned.exports)).toEqual({
      two: { name: "two" },
      default: { name: "one" },
      seven: { source: "./seven.ts", name: "seven" },
      nine: { source: "./seven.ts", name: "eight" },
      ten: { source: "./seven.ts", name: "default" },
      inner: { source: "./inner.ts", name: "*" },
      twelve: { name: "twelve" },
      thirteen: { name: "thirteen" },
      Fourteen: { name: "Fourteen" },
    });
    expect(scanned.stars).toEqual(["./star.ts"]);
    expect([...scanned.sources]).toEqual([
      "./one.ts",
      "./all.ts",
      "./effect.ts",
      "./seven.ts",
      "./star.ts",
      "./inner.ts",
    ]);
    expect([...(scanned.declared.get("Late")?.dynamic ?? [])]).toEqual(["./late.tsx"]);
    expect([...(scanned.declared.get("Either")?.dynamic ?? [])]).toEqual(["./new.ts", "./old.ts"]);
    expect([...scanned.body.dynamic]).toEqual(["./template.ts"]);
  });

  test.each([
    ["js", "const A = () => <p>{t('Key')}</p>;"],
    ["jsx", "const A = () => <p>{t('Key')}</p>;"],
    ["mjs", "t('Key');"],
    ["ts", "t(<const>'Key');"],
    ["mts", "t('Key' as const);"],
    ["tsx", "const A = () => <p>{t('Key' as const)}</p>;"],
  ])("are read from a file ending in .%s", (ending, code) => {
    expect(keysIn(code, `a.${ending}`)).toEqual(["Key"]);
  });
});

describe("Errors with codes", () => {
  const OURS = 'import { AntiphonError } from "antiphon";\n';
  test.each([
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "It is locked.");`, 0],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", { status: 409 });`, 0],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", { params: [title, by] });`, 2],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", { params: [...all] });`, undefined],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", { params });`, undefined],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", { ...options });`, undefined],
    [`${OURS}throw new AntiphonError("NOTE_LOCKED", "…", options);`, undefined],
    [`import { AntiphonError as E } from "antiphon"; throw new E("NOTE_LOCKED", "…");`, 0],
    [`throw new NoteError("NOTE_LOCKED", title);`, undefined],
    [`class Locked extends AntiphonError { constructor() { super("NOTE_LOCKED", "…"); } }`, undefined],
  ])("%s", (code, parameters) => {
    expect(scanModule("a.ts", code).errors).toEqual([{ code: "NOTE_LOCKED", parameters }]);
  });

  test.each([`new Error("Oh")`, `new NoteError("Oh no")`, `new Map()`, `new NoteError(CODE)`])("not: %s", (code) => {
    expect(scanModule("a.ts", code).errors).toEqual([]);
  });
});

describe("Constants that are texts", () => {
  test.each([
    ["of the module", `${I18N}const KEY = "Key"; t(KEY); message(KEY);`, 2],
    ["that are exported", `${I18N}export const KEY = "Key" as const; function a() { return t(KEY); }`, 1],
    ["that are declared after their use", `${I18N}const a = () => t(KEY); const KEY = "Key";`, 1],
    ["of a function", `${I18N}function a() { const KEY = "Key"; return t(KEY); }`, 1],
    ["of other constants", `${I18N}const FIRST = "Key"; const KEY = FIRST; t(KEY);`, 1],
    ["with a choice", `${I18N}const KEY = isOpen ? "Key" : other; t(KEY);`, 1],
    ["of a title", `const KEY = "Key"; app.addPage(Home, { route: "/", title: KEY });`, 1],
    ["that another name hides", `${I18N}const KEY = "Key"; function a(KEY: string) { return t(KEY); }`, 0],
    ["that may change", `${I18N}let KEY = "Key"; t(KEY);`, 0],
  ])("%s", (_, code, count) => {
    expect(keysIn(code)).toEqual(Array(count).fill("Key"));
  });

  it("name the context of a call", () => {
    const [call] = callsIn(`${I18N}const VERB = "verb"; t("Open", { context: VERB });`);
    expect(call).toMatchObject({ contexts: ["verb"], anyContext: false });
  });
});

describe("Generated code", () => {
  const many = (part: (at: number) => string, between: string) =>
    Array.from({ length: 5_000 }, (_, at) => part(at)).join(between);
  test.each([
    ["joins texts", `t(${many(() => '"K"', " + ")});`, 1],
    ["joins calls", `const a = ${many((at) => `t("K${at}")`, " + ")};`, 5_000],
    ["chooses among texts", `t(${many((at) => `a${at} ? "K${at}"`, " : ")} : "last");`, 5_001],
    ["chains calls", `x${many(() => ".then(t('K'))", "")};`, 5_000],
    ["chains conditions", `if (a) b(); ${many((at) => `else if (b${at}) t("K${at}");`, " ")}`, 5_000],
  ])("%s", (_, code, count) => {
    expect(keysIn(`${I18N}${code}`)).toHaveLength(count);
  });
});

describe("A text that cannot be parsed", () => {
  it("is refused with its file and line: it has keys that are not known", () => {
    expect(() => scanModule("src/home.tsx", 'const a = t("Key");\n\nconst b = ;\n')).toThrow(
      expect.objectContaining({ code: "VITE_SOURCE_INVALID", message: expect.stringContaining("src/home.tsx:3 ") }),
    );
  });

  it("is none that is a CommonJS module", () => {
    expect(keysIn('if (a) return;\nt("Key");', "tool.cjs")).toEqual(["Key"]);
  });
});
