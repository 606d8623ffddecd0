import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A copy of the fixture app that a test may change. It lies in this folder, so that it finds the framework by its name. */
export interface AppCopy extends AsyncDisposable {
  readonly root: string;
  /** Replaces text in one of its files, which must be there. */
  edit(file: string, from: string, to: string): Promise<void>;
  write(file: string, text: string): Promise<void>;
}

/** Copies the fixture app. */
export async function copyApp(): Promise<AppCopy> {
  const root = await mkdtemp(join(import.meta.dirname, "tmp-app-"));
  await cp(join(import.meta.dirname, "../fixtures/server-app"), root, { recursive: true });
  return {
    root,
    async edit(file, from, to) {
      const text = await readFile(join(root, file), "utf8");
      if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
      await writeFile(join(root, file), text.replace(from, to));
    },
    write: (file, text) => writeFile(join(root, file), text),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

/** Returns the id of an app's last build, which its pages send when they connect. */
export function buildOf(root: string): string {
  return (JSON.parse(readFileSync(join(root, ".antiphon/build.json"), "utf8")) as { readonly build: string }).build;
}
