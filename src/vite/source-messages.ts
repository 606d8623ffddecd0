import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { toSlashes } from "./app-files.ts";
import { type CodedError, type MessageCall, scanModule } from "./message-calls.ts";

const SOURCE = /\.[cm]?[jt]sx?$/;
const SKIPPED = /(?:^|\/)node_modules\/|\.d\.[cm]?ts$|\.(?:test|spec)\.[cm]?[jt]sx?$/;

/**
 * Finds every use of a key in the sources of an app, sorted by file and line, and the errors with codes that they make.
 *
 * @throws VITE_SOURCE_INVALID if one of them cannot be parsed
 */
export async function sourceTexts(root: string): Promise<{ calls: MessageCall[]; errors: CodedError[] }> {
  const files = [...(await filesBelow(root, "src")), ...(await filesBelow(root, "commands"))];
  const calls: MessageCall[] = [];
  const errors: CodedError[] = [];
  for (const file of files.sort()) {
    const module = scanModule(file, await readFile(join(root, file), "utf8"));
    const { declared, body, pages } = module;
    const units = new Set([body, ...declared.values(), ...pages.map(({ unit }) => unit)]);
    const found = [...units].flatMap((unit) => unit.calls);
    for (const call of found.sort((one, other) => one.line - other.line)) calls.push(call);
    for (const error of module.errors) errors.push(error);
  }
  return { calls, errors };
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.map((name) => toSlashes(join(folder, name))).filter((file) => SOURCE.test(file) && !SKIPPED.test(file));
}
