import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FILES = {
  "models.ts": `import { User } from "antiphon/auth";
import { model, p } from "antiphon/models";
export class Note extends model("Note", {
  id: p.integer().primary(),
  user: () => p.manyToOne(User),
  title: p.string().length(200),
}) {}
`,
  "notes.state.ts": `import { ModelState, UserScoped } from "antiphon/crud";
import { event } from "antiphon/state";
import { Note } from "./models.ts";
export class NotesState extends UserScoped(ModelState(Note, { fields: ["title"], listVar: "notes" }), "user") {
  static override events = { ...super.events, archive: event() };
  archived = 0;
  archive() { this.archived++; }
}
`,
  "page.ts": `import { useServerState } from "antiphon/react";
import { NotesState } from "./notes.state.ts";
export function page() {
  const notes = useServerState(NotesState);
  void notes.archive();
  void notes.save();
  return [notes.title, notes.archived, notes.notes[0]?.title];
}
`,
  "package.json": '{ "type": "module" }',
  "tsconfig.json": JSON.stringify({
    extends: join(ROOT, "examples/hello/tsconfig.json"),
    include: [],
    files: ["models.ts", "notes.state.ts", "page.ts"],
  }),
};

interface Location {
  readonly uri: string;
  readonly range: { readonly start: { readonly line: number } };
}

/** The compiler as an editor talks to it. */
class LanguageServer {
  readonly #folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #bytes = Buffer.alloc(0);
  #id = 0;

  constructor(folder: string) {
    this.#folder = folder;
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    this.#child = spawn(process.execPath, [tsc, "--lsp", "--stdio"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child.stdout.on("data", (data: Buffer) => this.#read(data));
  }

  async open(file: keyof typeof FILES): Promise<void> {
    await this.#ask("initialize", { processId: process.pid, rootUri: `file://${this.#folder}`, capabilities: {} });
    this.#send({ method: "initialized", params: {} });
    const textDocument = {
      uri: `file://${join(this.#folder, file)}`,
      languageId: "typescript",
      version: 1,
      text: FILES[file],
    };
    this.#send({ method: "textDocument/didOpen", params: { textDocument } });
  }

  /** The file and the text of the line to which the last name of an expression leads. */
  async definition(file: keyof typeof FILES, expression: string): Promise<string | undefined> {
    const text = FILES[file];
    const at = text.indexOf(expression) + expression.lastIndexOf(".") + 1;
    const before = text.slice(0, at).split("\n");
    const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
    const uri = `file://${join(this.#folder, file)}`;
    const found = await this.#ask("textDocument/definition", { textDocument: { uri }, position });
    const [location] = [found ?? []].flat() as Location[];
    if (location === undefined) return undefined;
    const path = location.uri.slice("file://".length);
    const line = readFileSync(path, "utf8").split("\n")[location.range.start.line]?.trim();
    return `${path.split("/").at(-1)}: ${line}`;
  }

  stop(): void {
    this.#child.kill();
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#id;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ id, method, params });
    });
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #read(data: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    for (;;) {
      const head = this.#bytes.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/.exec(this.#bytes.subarray(0, Math.max(0, head)).toString())?.[1]);
      const end = head + 4 + length;
      if (head < 0 || this.#bytes.length < end) return;
      const message = JSON.parse(this.#bytes.subarray(head + 4, end).toString()) as {
        id?: number;
        method?: string;
        result?: unknown;
      };
      this.#bytes = this.#bytes.subarray(end);
      if (message.id === undefined) continue;
      if (message.method !== undefined) this.#send({ id: message.id, result: null });
      else this.#waiting.get(message.id)?.(message.result);
    }
  }
}

let folder = "";
let server: LanguageServer;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "antiphon-definitions-")));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  server = new LanguageServer(folder);
  await server.open("page.ts");
});

afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ["notes.title", "models.ts: title: p.string().length(200),"],
  ["notes[0]?.title", "models.ts: title: p.string().length(200),"],
  ["notes.archived", "notes.state.ts: archived = 0;"],
  ["notes.archive()", "notes.state.ts: archive() { this.archived++; }"],
  ["notes.save()", "crud-state.d.ts: save(): Promise<unknown>;"],
])("An editor goes from %s in a page to %s.", async (expression, place) => {
  expect(await server.definition("page.ts", expression)).toBe(place);
});
