import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { toSlashes } from "./app-files.ts";
import { type CodedError, type MessageCall, scanModule } from "./message-calls.ts";

const SOURCE = /\.[cm]?[jt]sx?$/;
const SKIPPED = /(?:^|\/)node_modules\/|\.d\.[cm]?ts$|\.(?:test|spec)\.[cm]?[jt]sx?$/;

/** Finds every use of a key in the sources of an app, sorted by file and line, and the errors with codes that they make. */
export async function sourceTexts(root: string): Promise<{ calls: MessageCall[]; errors: CodedError[] }> {
  const files = [...(await filesBelow(root, "src")), ...(await filesBelow(root, "commands"))];
  const calls: MessageCall[] = [];
  const errors: CodedError[] = [];
  for (const file of files.sort()) {
    const module = scanModule(file, await readFile(join(root, file), "utf8"));
    const { declared, body, pages } = module;
    const units = new Set([body, ...declared.values(), ...pages.map(({ unit }) => unit)]);
    calls.push(...[...units].flatMap((unit) => unit.calls).sort((one, other) => one.line - other.line));
    errors.push(...module.errors);
  }
  return { calls, errors };
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
  return names.map((name) => toSlashes(join(folder, name))).filter((file) => SOURCE.test(file) && !SKIPPED.test(file));
}
