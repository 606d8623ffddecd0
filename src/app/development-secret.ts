import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEVELOPMENT_SECRET_PREFIX, SECRET_LENGTH } from "../config/production-problems.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { Mode } from "../setting.ts";

/** File below an app's `.antiphon` folder that holds the key; only its owner may read it. */
export const SECRET_FILE = "secret";

/** Returns the key that signs: that of the settings, else a random one for a test and a kept one elsewhere. */
export function secretOf(
  { secretKey }: ResolvedConfig,
  { root, mode }: { readonly root: string; readonly mode: Mode },
): string {
  return secretKey ?? (mode === "test" ? randomBytes(32).toString("hex") : developmentSecret(root));
}

/**
 * The secret key of an app that names none, for development: made once and kept in `.antiphon/secret`, so that people stay
 * signed in when the server is started anew. Production refuses such a key by how it begins.
 *
 * A folder that cannot be written to gives a key that lasts as long as the process.
 */
export function developmentSecret(root: string): string {
  const folder = join(root, ".antiphon");
  const file = join(folder, SECRET_FILE);
  const made = DEVELOPMENT_SECRET_PREFIX + randomBytes(48).toString("base64url");
  try {
    mkdirSync(folder, { recursive: true });
    // Of two servers that start at once one makes the file, and the other reads it.
    writeFileSync(file, made, { mode: 0o600, flag: "wx" });
    return made;
  } catch {
    return readKept(file) ?? replace(file, made);
  }
}

function readKept(file: string): string | undefined {
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (!kept.startsWith(DEVELOPMENT_SECRET_PREFIX) || kept.length < SECRET_LENGTH) return undefined;
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
    return kept;
  } catch {
    return undefined;
  }
}

function replace(file: string, made: string): string {
  try {
    // The mode counts for a new file alone.
    rmSync(file);
    writeFileSync(file, made, { mode: 0o600, flag: "wx" });
  } catch {
    // The key lasts as long as the process then.
  }
  return made;
}
