import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { toSlashes } from "./app-files.ts";
import { type MessageCall, scanModule } from "./message-calls.ts";

/** A use of a key, and its file from the app's folder. */
export interface PlacedCall extends MessageCall {
  readonly file: string;
}

const SOURCE = /\.[cm]?[jt]sx?$/;
const SKIPPED = /(?:^|\/)node_modules\/|\.d\.[cm]?ts$|\.(?:test|spec)\.[cm]?[jt]sx?$/;

/** Finds every use of a key in the sources of an app, sorted by file and line. */
export async function sourceMessages(root: string): Promise<PlacedCall[]> {
  const files = [...(await filesBelow(root, "src")), ...(await filesBelow(root, "commands"))];
  const calls: PlacedCall[] = [];
  for (const file of files.sort()) {
    const { declared, body, pages } = scanModule(file, await readFile(join(root, file), "utf8"));
    const units = new Set([body, ...declared.values(), ...pages.map(({ unit }) => unit)]);
    const found = [...units].flatMap((unit) => unit.calls).sort((one, other) => one.line - other.line);
    calls.push(...found.map((call) => ({ ...call, file })));
  }
  return calls;
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
  return names.map((name) => toSlashes(join(folder, name))).filter((file) => SOURCE.test(file) && !SKIPPED.test(file));
}
