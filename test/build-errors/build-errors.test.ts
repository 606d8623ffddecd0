import { AntiphonError, callCommand, createServer } from "antiphon";
import { describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";

/** What production insists on. */
const PRODUCTION = { secretKey: "for tests alone: k3Jx0VtZ9nLr5KcW7yPdE1aGhM8uSbFoTi2w", allowedHosts: ["localhost"] };

const STATE = `import { event, State } from "antiphon/state";
export class NotesState extends State {
  static override events = { save: event() };
  title = "";
  save(): void {}
}
`;
const app = (...lines: string[]) =>
  `import { createApp } from "antiphon/react";\n${lines.join("\n")}\nexport default createApp();\n`;

interface BrokenApp {
  readonly files: Readonly<Record<string, string>>;
  readonly code: string;
  readonly says: readonly (string | RegExp)[];
}

/** Each must fail to build with that code, and its sentence must say those things. */
const BROKEN: Readonly<Record<string, BrokenApp>> = {
  "an app without src/app.tsx": {
    files: { "src/notes.state.ts": STATE },
    code: "VITE_APP_MISSING",
    says: ["src/app.tsx", "createApp()", "export default app;"],
  },
  "a page that imports a Node module through another file": {
    files: {
      "src/app.tsx": app(`import { home } from "./pages/home.tsx";`, "console.log(home);"),
      "src/pages/home.tsx": `import { readFileSync } from "node:fs";\nexport const home = readFileSync;\n`,
    },
    code: "VITE_SERVER_ONLY",
    says: [/src\/app\.tsx\n\s+→ src\/pages\/home\.tsx:1\n\s+→ node:fs/, '"node:fs" cannot be imported', "*.state.ts"],
  },
  "a page that imports a bare Node builtin": {
    files: { "src/app.tsx": app(`import { createHash } from "crypto";`, "console.log(createHash);") },
    code: "VITE_SERVER_ONLY",
    says: ['"crypto"', "a part of Node", "src/app.tsx:2"],
  },
  "a page that imports the models": {
    files: {
      "src/app.tsx": app(`import { Note } from "./models";`, "console.log(Note);"),
      "src/models.ts": "export class Note {}\n",
    },
    code: "VITE_SERVER_ONLY",
    says: ["src/models.ts", "models are server code"],
  },
  "a lazily loaded page that imports the settings": {
    files: {
      "src/app.tsx": app(`const page = () => import("./pages/about.tsx");`, "console.log(page);"),
      "src/pages/about.tsx": `import settings from "../../antiphon.config.ts";\nconsole.log(settings);\n`,
      "antiphon.config.ts": "export default {};\n",
    },
    code: "VITE_SERVER_ONLY",
    says: ["antiphon.config.ts", "secrets", /src\/app\.tsx\n\s+→ src\/pages\/about\.tsx:1\n\s+→ antiphon\.config\.ts/],
  },
  "a page that imports antiphon/state": {
    files: { "src/app.tsx": app(`import { State } from "antiphon/state";`, "console.log(State);") },
    code: "VITE_SERVER_ONLY",
    says: ['"antiphon/state"', "*.state.ts", "antiphon/react"],
  },
  "a page that imports the package's main entry": {
    files: { "src/app.tsx": app(`import { defineConfig } from "antiphon";`, "console.log(defineConfig);") },
    code: "VITE_SERVER_ONLY",
    says: ['"antiphon" cannot be imported', "antiphon/react"],
  },
  "a page that imports Fastify": {
    files: { "src/app.tsx": app(`import fastify from "fastify";`, "console.log(fastify);") },
    code: "VITE_SERVER_ONLY",
    says: ['"fastify"', "server code"],
  },
  "a page that imports a *.server.ts file": {
    files: {
      "src/app.tsx": app(`import { key } from "./key.server.ts";`, "console.log(key);"),
      "src/key.server.ts": `export const key = "";\n`,
    },
    code: "VITE_SERVER_ONLY",
    says: ["src/key.server.ts", ".server.ts"],
  },
  "a page that imports a value which is no state class from a state module": {
    files: {
      "src/app.tsx": app(`import { LIMIT } from "./notes.state.ts";`, "console.log(LIMIT);"),
      "src/notes.state.ts": `${STATE}export const LIMIT = 3;\n`,
    },
    code: "VITE_STATE_EXPORT_NOT_A_STATE",
    says: ['"LIMIT"', "src/notes.state.ts", "src/app.tsx", "src/notes-shared.ts"],
  },
  "a page that imports a name which a state module lacks": {
    files: {
      "src/app.tsx": app(`import { NoteState } from "./notes.state.ts";`, "console.log(NoteState);"),
      "src/notes.state.ts": STATE,
    },
    code: "VITE_STATE_EXPORT_UNKNOWN",
    says: ['"NoteState"', '"NotesState"', "import type"],
  },
  "a state module with a default export": {
    files: {
      "src/app.tsx": app(),
      "src/notes.state.ts": STATE.replace("export class", "export default class"),
    },
    code: "VITE_STATE_DEFAULT_EXPORT",
    says: ["src/notes.state.ts", "named exports"],
  },
  "a state module without a state class": {
    files: { "src/app.tsx": app(), "src/notes.state.ts": "export const notes = 1;\n" },
    code: "VITE_STATE_MODULE_EMPTY",
    says: ["src/notes.state.ts", "extends State"],
  },
  "two state modules of one id": {
    files: { "src/app.tsx": app(), "src/notes.state.ts": STATE, "src/notes.state.tsx": STATE },
    code: "VITE_STATE_ID_DUPLICATE",
    says: ["src/notes.state.ts", "src/notes.state.tsx", '"notes"'],
  },
  "a state with a protected field": {
    files: {
      "src/app.tsx": app(),
      "src/notes.state.ts": STATE.replace(`title = "";`, `title = "";\n  protected audit: string[] = [];`),
    },
    code: "VITE_PROTECTED_FIELD",
    says: ["src/notes.state.ts:5", "NotesState", '"audit"', "protected _audit", "#audit"],
  },
  "a base class with a private field outside of a state module": {
    files: {
      "src/app.tsx": app(),
      "src/base.ts": `import { State } from "antiphon/state";\nexport class Base extends State {\n  private cache = 1;\n}\n`,
      "src/notes.state.ts": `import { Base } from "./base.ts";\nexport class NotesState extends Base {}\n`,
    },
    code: "VITE_PROTECTED_FIELD",
    says: ["src/base.ts:3", "Base", "private _cache"],
  },
  "an index.html without a root": {
    files: { "src/app.tsx": app(), "index.html": "<html><head></head><body></body></html>" },
    code: "VITE_TEMPLATE_INVALID",
    says: ["index.html", 'id="root"'],
  },
  "a syntax error": {
    files: { "src/app.tsx": app("const = 1;") },
    code: "VITE_BUILD_FAILED",
    says: ["src/app.tsx"],
  },
};

describe("an app that cannot be built is refused with a code and the line to fix", { timeout: 60_000 }, () => {
  test.each(Object.entries(BROKEN))("%s", async (_name, { files, code, says }) => {
    using folder = appFolder("empty", files);
    const error: unknown = await callCommand("build", [], { root: folder.root }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AntiphonError);
    const { code: got, message } = error as AntiphonError;
    expect([got, message]).toEqual([code, expect.any(String)]);
    for (const text of says) expect(message).toMatch(typeof text === "string" ? new RegExp(escapePattern(text)) : text);
    expect(message).not.toContain(folder.root);
  });

  test("what a state class does wrong is told by the build with the class's own error", async () => {
    using folder = appFolder("empty", {
      "src/app.tsx": app(),
      "src/notes.state.ts": STATE.replace("save: event()", "store: event()"),
    });
    await expect(callCommand("build", [], { root: folder.root })).rejects.toMatchObject({
      code: "STATE_EVENT_NOT_A_METHOD",
    });
  });

  test("an app that exports nothing is refused when it is loaded", async () => {
    using folder = appFolder("empty", { "src/app.tsx": "export const nothing = 1;\n" });
    const load = createServer({ root: folder.root, mode: "test" });
    await expect(load).rejects.toMatchObject({ code: "SERVER_APP_NOT_EXPORTED" });
  });

  test("production without a build is refused with the command to run", async () => {
    using folder = appFolder("empty", {});
    const load = createServer({ root: folder.root, mode: "production", config: PRODUCTION });
    await expect(load).rejects.toMatchObject({ code: "SERVER_BUILD_MISSING" });
    await expect(load).rejects.toThrow("antiphon build");
  });
});

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
