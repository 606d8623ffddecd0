import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** An app in a folder of its own, which goes when the test ends. */
export interface AppFolder extends Disposable {
  readonly root: string;
  write(file: string, text: string): void;
  edit(file: string, change: (text: string) => string): void;
  remove(file: string): void;
}

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Makes an app out of a fixture, or of nothing, and puts the given files over it. Packages are the repository's. */
export function appFolder(fixture: "tiny-app" | "empty", files: Readonly<Record<string, string>> = {}): AppFolder {
  const root = mkdtempSync(join(tmpdir(), "antiphon-app-"));
  if (fixture === "tiny-app") cpSync(resolve(REPOSITORY, "test/fixtures/tiny-app"), root, { recursive: true });
  else writeFileSync(join(root, "package.json"), `{ "name": "broken-app", "private": true, "type": "module" }\n`);
  symlinkSync(join(REPOSITORY, "node_modules"), join(root, "node_modules"));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return {
    root,
    write,
    edit: (file, change) => write(file, change(readFileSync(join(root, file), "utf8"))),
    remove: (file) => rmSync(join(root, file)),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
