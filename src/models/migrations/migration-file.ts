import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { reasonOf } from "../../errors.ts";
import type { Dialect, QueryOutcome } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import type { Snapshot } from "../renames/snapshot.ts";

/** What the `run` of a migration works with: the connection and the transaction of that migration. */
export interface MigrationDatabase {
  readonly dialect: Dialect;
  /** Runs SQL with bound values. */
  execute(sql: string, parameters?: readonly unknown[]): Promise<QueryOutcome>;
  quote(identifier: string): string;
  /** What stands for the value at a place of the parameters, counted from 0. */
  placeholder(index: number): string;
}

/**
 * What a file in `migrations/<dialect>/` exports.
 *
 * Models are not to be used in `run`: they are those of today, and the migration is run for years. Use SQL.
 *
 * @example
 * export const up = ["alter table `note` add column `slug` text null"];
 * export const down = ["alter table `note` drop column `slug`"];
 * export async function run(database: MigrationDatabase) {
 *   await database.execute("update note set slug = lower(title)");
 * }
 */
export interface MigrationModule {
  /** Statements that take the tables to the new state. */
  readonly up: readonly string[];
  /** Statements that take them back; absent for a migration that cannot be undone. */
  readonly down?: readonly string[];
  /** Changes data, after `up`. */
  run?(database: MigrationDatabase): Promise<void>;
  /** Changes data back, before `down`. */
  undo?(database: MigrationDatabase): Promise<void>;
  /** False for statements that a database refuses inside a transaction. */
  readonly transaction?: boolean;
}

/** A migration on disk. */
export interface MigrationFile {
  /** "0002_add_note_rank". */
  readonly name: string;
  readonly path: string;
  /** Changes with the file's text; line endings do not matter. */
  readonly checksum: string;
}

const SNAPSHOT = ".snapshot.json";
const FILE = /^(\d{4}_\w+)\.(?:ts|mts|js|mjs)$/;

/** The migrations of a folder in their order. @throws MIGRATION_NUMBER_TWICE */
export function migrationFiles(folder: string): MigrationFile[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .flatMap((file) => {
      const name = FILE.exec(file)?.[1];
      return name === undefined ? [] : [{ name, path: join(folder, file) }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((file) => ({ ...file, checksum: checksumOf(readFileSync(file.path, "utf8")) }));
  for (const [index, { name }] of files.entries()) {
    const next = files[index + 1]?.name;
    if (next !== undefined && next.slice(0, 4) === name.slice(0, 4)) {
      throw modelErrors.MIGRATION_NUMBER_TWICE(name, next, folder);
    }
  }
  return files;
}

function checksumOf(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

const loaded = new Map<string, string>();

/** Loads a migration. @throws MIGRATION_FILE_INVALID */
export async function loadMigration(file: MigrationFile): Promise<MigrationModule> {
  const { path, checksum, name } = file;
  const first = loaded.get(path) ?? checksum;
  loaded.set(path, first);
  const url = `${pathToFileURL(path).href}${first === checksum ? "" : `?${checksum}`}`;
  let module: Partial<MigrationModule>;
  try {
    module = await import(/* @vite-ignore */ url);
  } catch (cause) {
    throw modelErrors.MIGRATION_FILE_INVALID.with({ cause }, name, `it could not be loaded: ${reasonOf(cause)}`);
  }
  const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === "string");
  if (!isList(module.up)) throw modelErrors.MIGRATION_FILE_INVALID(name, `"up" is no list of texts`);
  if (module.down !== undefined && !isList(module.down)) {
    throw modelErrors.MIGRATION_FILE_INVALID(name, `"down" is no list of texts`);
  }
  return module as MigrationModule;
}

/**
 * The tables that a folder of migrations leads to; undefined before the first.
 *
 * @throws MIGRATION_SNAPSHOT_INVALID, also when there are migrations and no snapshot: all tables would be made again
 */
export function readSnapshot(folder: string): Snapshot | undefined {
  const path = join(folder, SNAPSHOT);
  if (!existsSync(path) && migrationFiles(folder).length === 0) return undefined;
  try {
    const snapshot = JSON.parse(readFileSync(path, "utf8")) as Snapshot;
    if (snapshot.version === 1 && Array.isArray(snapshot.schema.tables)) return snapshot;
  } catch {
    // Told below.
  }
  throw modelErrors.MIGRATION_SNAPSHOT_INVALID(path);
}

/** Writes what `readSnapshot` reads. */
export function writeSnapshot(folder: string, snapshot: Snapshot): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, SNAPSHOT);
  // Whole or not at all: half of it would make every later run fail.
  writeFileSync(`${path}.part`, `${JSON.stringify(snapshot, null, 1)}\n`);
  renameSync(`${path}.part`, path);
}

/** Writes a migration, with the number after the last. @returns its path */
export function writeMigration(
  folder: string,
  name: string,
  sql: { readonly up: readonly string[]; readonly down: readonly string[]; readonly empty?: boolean },
): string {
  mkdirSync(folder, { recursive: true });
  const last = migrationFiles(folder).at(-1)?.name.slice(0, 4) ?? "0000";
  const number = String(Number(last) + 1).padStart(4, "0");
  const path = join(folder, `${number}_${name}.ts`);
  writeFileSync(path, migrationText(sql), { flag: "wx" });
  return path;
}

function migrationText({ up, down, empty = false }: Parameters<typeof writeMigration>[2]): string {
  const list = (statements: readonly string[]) =>
    statements.length === 0 ? "[]" : `[\n${statements.map((sql) => `  ${quoted(sql)},\n`).join("")}]`;
  const lists = `export const up = ${list(up)};\n\nexport const down = ${list(down)};\n`;
  if (!empty) return lists;
  return [
    'import type { MigrationDatabase } from "antiphon/models";\n\n',
    lists,
    "\n/** Changes data after `up`, in its transaction. Models are those of today: use SQL. */\n",
    "export async function run(database: MigrationDatabase): Promise<void> {\n",
    '  await database.execute("select 1");\n',
    "}\n",
    "\n/** Takes it back, before `down`. */\n",
    "export async function undo(database: MigrationDatabase): Promise<void> {\n",
    '  await database.execute("select 1");\n',
    "}\n",
  ].join("");
}

/** SQL as a literal that can be read and changed. */
function quoted(sql: string): string {
  if (!sql.includes("`")) return `\`${sql.replaceAll("\\", "\\\\").replaceAll("${", "\\${")}\``;
  return JSON.stringify(sql);
}

/** A migration by its name or number. @throws MIGRATION_TARGET_UNKNOWN */
export function findMigration(folder: string, target: string): MigrationFile {
  const files = migrationFiles(folder);
  const found = files.find(({ name }) => name === target || name.startsWith(`${target}_`));
  if (!found)
    throw modelErrors.MIGRATION_TARGET_UNKNOWN(
      target,
      files.map(({ name }) => name),
    );
  return found;
}
