import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { PageKeyFinder } from "./page-keys.ts";

let root: string;
let time = 1_700_000_000;
/** Imports that were resolved. */
const asked: string[] = [];
/** Texts of the forms of state modules, by the names of files and exports. */
let forms: { readonly [file: string]: { readonly [exportName: string]: readonly string[] } } = {};
let finder: PageKeyFinder;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "page-keys-")));
  asked.length = 0;
  forms = {};
  const imports = async (source: string, importer: string) => {
    asked.push(source);
    if (!source.startsWith(".")) return join(root, "node_modules", source, "index.js");
    const path = resolve(dirname(importer), source);
    return [path, `${path}.tsx`, join(path, "index.tsx")].find(
      (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
    );
  };
  finder = new PageKeyFinder(imports, async (file) => new Map(Object.entries(forms[basename(file)] ?? {})));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Writes files; each write has a time of its own, however fast they follow. */
function write(files: { readonly [name: string]: string }): void {
  for (const [name, code] of Object.entries(files)) {
    const file = join(root, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    utimesSync(file, ++time, time);
  }
}

const find = () => finder.find(join(root, "app.tsx"));
async function keysOf(files: { readonly [name: string]: string }) {
  write(files);
  return await find();
}

/** A component that shows one text. */
const part = (name: string, key: string) => `export function ${name}() { return t("${key}"); }\n`;

describe("Keys of the pages of an app", () => {
  it("are also the texts of the forms of states that the page uses, and nothing of the states' code", async () => {
    forms = { "notes.state.ts": { NotesState: ["Title", "Shown in the list"], TagsState: ["Name"] } };
    const keys = await keysOf({
      "app.tsx": `import { Notes } from "./notes.tsx";
const app = createApp();
app.addPage(Notes, { route: "/notes" });
app.addPage(Other, { route: "/other" });
function Other() { return null; }
export default app;`,
      "notes.tsx": `import { NotesState, TagsState } from "./notes.state.ts";
export const Notes = () => useModelForm(NotesState);
export const Tags = () => useModelForm(TagsState);`,
      "notes.state.ts": `export class NotesState { save() { return t("Saved"); } }`,
    });
    expect(keys).toEqual({ shared: [], pages: { "/notes": ["Shown in the list", "Title"], "/other": [] } });
  });

  it("are those that a page's component leads to; the rest counts for every page", async () => {
    const keys = await keysOf({
      "app.tsx": `import { Home } from "./home.tsx";
import { Layout, Unused } from "./layout.tsx";
import { PATH } from "./paths.ts";
const app = createApp();
app.setLayout(Layout);
app.addPage(Home, { route: "/", title: "Home" });
app.addPage(Other, { route: "/other", title: "Other" });
app.addPage(() => t("At a computed path"), { route: PATH });
function Other() { return <Shared />; }
function Shared() { return [t("Shared by pages"), t("In the layout")]; }
function Nowhere() { return t("Nowhere"); }
export default app;
`,
      "home.tsx": `import { Shared } from "./shared.tsx";
t("When the module is loaded");
export const Home = () => <Shared />;
export const Elsewhere = () => t("Elsewhere");
`,
      "shared.tsx": part("Shared", "Shared"),
      "layout.tsx": part("Layout", "In the layout") + part("Unused", "Unused"),
      "paths.ts": `export const PATH = "/computed";`,
    });
    expect(keys).toEqual({
      shared: ["At a computed path", "In the layout", "When the module is loaded"],
      pages: { "/": ["Home", "Shared"], "/other": ["Other", "Shared by pages"] },
    });
  });

  it("of two pages with one route are joined", async () => {
    const keys = await keysOf({
      "app.tsx": `app.addPage(() => t("One"), { route: "/" }); app.addPage(() => t("Two"), { route: "/" });`,
    });
    expect(keys).toEqual({ shared: [], pages: { "/": ["One", "Two"] } });
  });

  it("are none of an app that cannot be read", async () => {
    expect(await find()).toEqual({ shared: [], pages: {} });
  });

  const LAYOUT = `import { Layout } from "./layout.tsx";\nconst app = createApp().setLayout(Layout);\n`;
  test.each([
    ["export default", { "app.tsx": `${LAYOUT}export default app;` }],
    ["a name as default", { "app.tsx": `${LAYOUT}export { app as default };` }],
    [
      "an expression",
      { "app.tsx": `import { Layout } from "./layout.tsx";\nexport default createApp().setLayout(Layout);` },
    ],
    [
      "the default of another module",
      { "app.tsx": `export { default } from "./real.tsx";`, "real.tsx": `${LAYOUT}export default app;` },
    ],
    [
      "a name of another module as default",
      { "app.tsx": `export { app as default } from "./real.tsx";`, "real.tsx": `${LAYOUT}export { app };` },
    ],
    [
      "an import as default",
      {
        "app.tsx": `import app from "./real.tsx";\nexport { app as default };`,
        "real.tsx": `${LAYOUT}export default app;`,
      },
    ],
    [
      "an imported name by export default",
      { "app.tsx": `import { app } from "./real.tsx";\nexport default app;`, "real.tsx": `${LAYOUT}export { app };` },
    ],
  ])("the layout's are found whichever way the app is exported: %s", async (_, files) => {
    const keys = await keysOf({ ...files, "layout.tsx": part("Layout", "Layout") });
    expect(keys.shared).toEqual(["Layout"]);
  });

  const NAMED = part("Part", "Part") + part("Unused", "Unused");
  test.each([
    ["a name", `import { Part } from "./barrel.tsx";`, "<Part />", `export { Part } from "./part.tsx";`, NAMED],
    ["another name", `import { Part as P } from "./barrel.tsx";`, "<P />", `export { Part } from "./part.tsx";`, NAMED],
    [
      "a re-export by another name",
      `import { P } from "./barrel.tsx";`,
      "<P />",
      `export { Part as P } from "./part.tsx";`,
      NAMED,
    ],
    [
      "an import that is exported",
      `import { P } from "./barrel.tsx";`,
      "<P />",
      `import { Part } from "./part.tsx"; export { Part as P };`,
      NAMED,
    ],
    ["everything", `import { Part } from "./barrel.tsx";`, "<Part />", `export * from "./part.tsx";`, NAMED],
    [
      "everything, in a circle",
      `import { Part } from "./barrel.tsx";`,
      "<Part />",
      `export * from "./part.tsx";`,
      `${NAMED}export * from "./barrel.tsx";`,
    ],
    [
      "everything under a name",
      `import { parts } from "./barrel.tsx";`,
      "<parts.Part />",
      `export * as parts from "./part.tsx";`,
      part("Part", "Part"),
    ],
    [
      "a module under a name that is exported",
      `import { parts } from "./barrel.tsx";`,
      "<parts.Part />",
      `import * as parts from "./part.tsx"; export { parts };`,
      part("Part", "Part"),
    ],
    [
      "a whole module",
      `import * as parts from "./barrel.tsx";`,
      "<parts.Part />",
      `export * from "./part.tsx";`,
      part("Part", "Part"),
    ],
    [
      "a default",
      `import P from "./barrel.tsx";`,
      "<P />",
      `export { default } from "./part.tsx";`,
      `export default () => t("Part");`,
    ],
    [
      "a default by a name",
      `import { P } from "./barrel.tsx";`,
      "<P />",
      `export { default as P } from "./part.tsx";`,
      `export default function Part() { return t("Part"); }`,
    ],
    [
      "a name as default",
      `import P from "./barrel.tsx";`,
      "<P />",
      `export { Part as default } from "./part.tsx";`,
      NAMED,
    ],
    [
      "exported below its declaration",
      `import { Part } from "./barrel.tsx";`,
      "<Part />",
      `export * from "./part.tsx";`,
      `const Part = () => t("Part"); export { Part };`,
    ],
    [
      "through a constant",
      `import { Part } from "./barrel.tsx";`,
      "<Part />",
      `import { Part as P } from "./part.tsx"; export const Part = memo(P);`,
      NAMED,
    ],
  ])("lead through imports and re-exports: %s", async (_, importing, use, barrel, code) => {
    const keys = await keysOf({
      "app.tsx": `${importing}\ncreateApp().addPage(() => ${use}, { route: "/" });`,
      "barrel.tsx": barrel,
      "part.tsx": code,
    });
    expect(keys).toEqual({ shared: [], pages: { "/": ["Part"] } });
  });

  it("of a name that no module of a circle exports are none", async () => {
    const keys = await keysOf({
      "app.tsx": `import { Part, all } from "./one.tsx";\napp.addPage(() => <Part of={all} />, { route: "/" });`,
      "one.tsx": `export * from "./two.tsx";\nexport * as all from "./two.tsx";`,
      "two.tsx": `export * from "./one.tsx";\nimport * as two from "./two.tsx";\nexport { two };`,
    });
    expect(keys).toEqual({ shared: [], pages: { "/": [] } });
  });

  test.each([
    ["a lazy page", `app.addPage(lazyPage(() => import("./late")), { route: "/" });`],
    ["a lazy page with a name", `const Late = lazyPage(() => import("./late"));\napp.addPage(Late, { route: "/" });`],
    [
      "React's lazy",
      `import { lazy } from "react";\nconst Late = lazy(() => import("./late"));\napp.addPage(() => <Late />, { route: "/" });`,
    ],
    [
      "a function",
      `const load = async () => (await import("./late")).default;\napp.addPage(() => use(load()), { route: "/" });`,
    ],
    ["a template", "app.addPage(lazyPage(() => import(`./late`)), { route: '/' });"],
    ["one of two", `app.addPage(lazyPage(() => import(isNew ? "./late" : "./old")), { route: "/" });`],
  ])("lead through dynamic imports: %s", async (_, code) => {
    const keys = await keysOf({ "app.tsx": code, "late/index.tsx": `t("Body");\nexport default () => t("Late");` });
    expect(keys).toEqual({ shared: ["Body"], pages: { "/": ["Late"] } });
  });

  it("count also where a module is only imported for what it does", async () => {
    const keys = await keysOf({
      "app.tsx": `import "./pages.tsx";\nexport { helper } from "./other.tsx";`,
      "pages.tsx": `t("Body");\napp.addPage(() => t("Page"), { route: "/" });`,
      "other.tsx": `t("Other body");`,
    });
    expect(keys).toEqual({ shared: ["Body", "Other body"], pages: { "/": ["Page"] } });
  });

  it("are not looked for in packages, state modules and other files", async () => {
    write({
      "node_modules/widgets/index.js": part("Widget", "Widget"),
      "notes.state.ts": part("NotesState", "State"),
      "styles.css": "a {}",
    });
    const keys = await keysOf({
      "app.tsx": `import { Widget } from "widgets"; import { NotesState } from "./notes.state.ts"; import "./styles.css";
import { createApp } from "antiphon/react"; import "node:fs"; import "antiphon";
createApp().addPage(() => <Widget state={NotesState} />, { route: "/" });`,
    });
    expect(keys).toEqual({ shared: [], pages: { "/": [] } });
    expect(asked.filter((source) => /^(?:antiphon|node:)/.test(source))).toEqual([]);
  });
});

describe("Files that change", () => {
  const app = (source: string) =>
    `import { Part } from "${source}";\ncreateApp().addPage(() => <Part />, { route: "/" });`;
  const keysOfPage = async () => (await find()).pages["/"];

  it("are read again, and no others", async () => {
    write({ "app.tsx": app("./part"), "part.tsx": part("Part", "Old") });
    expect(await keysOfPage()).toEqual(["Old"]);
    write({ "part.tsx": part("Part", "New") });
    expect(await keysOfPage()).toEqual(["New"]);
    // The same time: it is taken for the same file.
    writeFileSync(join(root, "part.tsx"), part("Part", "Newer"));
    utimesSync(join(root, "part.tsx"), time, time);
    expect(await keysOfPage()).toEqual(["New"]);
  });

  it("may be created after they are imported", async () => {
    write({ "app.tsx": app("./part") });
    expect(await keysOfPage()).toEqual([]);
    write({ "part.tsx": part("Part", "Part") });
    expect(await keysOfPage()).toEqual(["Part"]);
  });

  it("may be moved to where the same import finds them", async () => {
    write({ "app.tsx": app("./part"), "part.tsx": part("Part", "Part") });
    expect(await keysOfPage()).toEqual(["Part"]);
    rmSync(join(root, "part.tsx"));
    expect(existsSync(join(root, "part.tsx"))).toBe(false);
    expect(await keysOfPage()).toEqual([]);
    write({ "part/index.tsx": part("Part", "Moved") });
    expect(await keysOfPage()).toEqual(["Moved"]);
  });

  it("may take the place of another one, once files are known to have come", async () => {
    write({ "app.tsx": app("./part"), "part/index.tsx": part("Part", "Folder") });
    expect(await keysOfPage()).toEqual(["Folder"]);
    write({ "part.tsx": part("Part", "File") });
    finder.forgetImports();
    expect(await keysOfPage()).toEqual(["File"]);
  });

  it("are looked up once while they are there, and so are packages", async () => {
    write({ "app.tsx": `import "widgets";\n${app("./part")}`, "part.tsx": part("Part", "Part") });
    await find();
    await find();
    expect(asked).toEqual(["widgets", "./part"]);
  });

  it("change nothing about the rest of the app while one of them cannot be read", async () => {
    write({ "app.tsx": `import { Gone } from "./gone.tsx";\n${app("./part")}`, "part.tsx": part("Part", "Part") });
    mkdirSync(join(root, "gone.tsx"));
    expect(await keysOfPage()).toEqual(["Part"]);
  });

  it("keep their last keys while they cannot be parsed", async () => {
    write({
      "app.tsx": app("./part"),
      "part.tsx": `import { More } from "./more";\n${part("Part", "Part")}${part("Other", "Other")}export const More2 = More;`,
      "more.tsx": part("More", "More"),
    });
    const before = await keysOfPage();
    expect(before).toContain("Part");
    write({ "part.tsx": 'export function Part() { return t("Next") + ; }' });
    expect(await keysOfPage()).toEqual(before);
    write({ "part.tsx": part("Part", "Next") });
    expect(await keysOfPage()).toEqual(["Next"]);
  });
});
