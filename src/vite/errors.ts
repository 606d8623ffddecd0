import { type AntiphonError, defineErrors } from "../errors.ts";

/** Codes of what happens while an app's sources become a browser bundle and a server entry. */
export const viteErrors = defineErrors({
  VITE_APP_MISSING: {
    message: (expected: string) =>
      [
        `${expected} does not exist. Expected the file that lists the app's pages. The smallest one is:`,
        "",
        `  import { createApp } from "antiphon/react";`,
        "",
        "  function Home() {",
        "    return <h1>Hello</h1>;",
        "  }",
        "",
        "  const app = createApp();",
        `  app.addPage(Home, { route: "/", title: "Home" });`,
        "  export default app;",
      ].join("\n"),
  },
  VITE_STATE_MODULE_EMPTY: {
    message: (file: string) =>
      `${file} exports no state class. Expected at least one, because of the file's name. Write  export class … extends State { … }, or rename the file so that it does not end in .state.ts.`,
  },
  VITE_STATE_DEFAULT_EXPORT: {
    message: (file: string) =>
      `${file} has a default export. Expected named exports only, because a state's id is made of the file's path and the class's name. Write  export class … extends State { … }  without "default".`,
  },
  VITE_STATE_EXPORT_NOT_A_STATE: {
    message: (file: string, name: string, importer: string) =>
      `${importer} imports "${name}" from ${file}, and "${name}" is no state class. In the browser a state module holds nothing but its state classes. Move "${name}" to a module of its own, for example ${siblingModule(file)}, and import it from there on both sides.`,
  },
  VITE_STATE_EXPORT_UNKNOWN: {
    message: (file: string, name: string, importer: string, names: readonly string[]) =>
      `${importer} imports "${name}" from ${file}, which does not export it. Expected ${names.length === 0 ? "a state class" : names.map((known) => `"${known}"`).join(" or ")}. If "${name}" is a type, write  import type { ${name} }.`,
  },
  VITE_ENTRY_EXPORT_NOT_A_STATE: {
    message: (entry: string, name: string, importer: string, names: readonly string[]) =>
      `${importer} imports "${name}" from "${entry}", which is the server side of antiphon. In the browser it holds ${names.join(", ")} and nothing else. Hooks come from "antiphon/react", guards of pages from "antiphon/auth/pages". Use anything else in a state class (a *.state.ts module), and for a type write  import type { ${name} }.`,
  },
  VITE_STATE_ID_DUPLICATE: {
    message: (first: string, second: string, moduleId: string) =>
      `${first} and ${second} would both be the state module "${moduleId}". Expected one file per id: rename one of them.`,
  },
  VITE_PROTECTED_FIELD: {
    message: (place: string, owner: string, kind: string, keyword: string, name: string) =>
      `${place}: the ${keyword} ${kind} "${name}" of ${owner} would be sent to the browser: "${keyword}" exists only for TypeScript and is gone at run time. Expected a name that hides it at run time. Write  ${keyword} _${name}  or  #${name}.`,
  },
  VITE_SERVER_ONLY: {
    message: (what: string, reason: string, chain: readonly string[], fix: string) =>
      [
        `${what} cannot be imported by code that runs in the browser: ${reason}. The import chain is`,
        "",
        ...chain.map((step, index) => `  ${"  ".repeat(index)}${index === 0 ? "" : "→ "}${step}`),
        "",
        fix,
      ].join("\n"),
  },
  VITE_SOURCE_REQUESTED: {
    status: 403,
    message: (file: string) =>
      `${file} holds server code and was asked for as text or as a URL. Expected an import of its state classes by name.`,
  },
  VITE_SOURCE_INVALID: {
    message: (file: string, line: number, reason: string) =>
      `${file}:${line} cannot be parsed: ${reason.replace(/\.$/, "")}. Fix the syntax error: the texts of the file are not known until then.`,
  },
  VITE_BUILD_FAILED: {
    message: (part: string, reason: string) => `The ${part} build failed: ${reason}`,
  },
  VITE_TEMPLATE_INVALID: {
    message: (file: string, missing: string) =>
      `${file} lacks ${missing}. Expected a whole HTML document, because the app's scripts and styles are put into it. Add ${missing}, or delete the file: then the built-in document is used.`,
  },
});

function siblingModule(stateFile: string): string {
  return stateFile.replace(/\.state\.([cm]?[jt]s)x?$/, "-shared.$1");
}

/** Where in the author's sources an error is; lines count from 1, columns from 0. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Gives an error what Vite shows of it: its place and its code. Our own call stack would tell an author nothing. */
export function atPlace(error: AntiphonError, { file, line, column = 0 }: SourcePlace): AntiphonError {
  return Object.assign(error, {
    id: file,
    // With this set Vite leaves the rest as it is.
    pluginCode: error.code,
    plugin: `antiphon ${error.code}`,
    stack: `${error.name} ${error.code}: ${error.message}`,
    ...(line === undefined ? {} : { loc: { file, line, column } }),
  });
}
