import { modelErrors } from "../errors.ts";
import type { MigrationFile } from "./migration-file.ts";
import type { MigrationRecord } from "./migration-records.ts";

/** What is to be done, in order. */
export interface MigrationStep {
  readonly file: MigrationFile;
  readonly direction: "up" | "down";
}

/** What a run will do, and what looks wrong without being in its way. */
export interface MigrationPlan {
  readonly steps: readonly MigrationStep[];
  readonly warnings: readonly string[];
}

/**
 * Works out what leads to a target: the last migration when it is undefined, a name or number, or "zero".
 *
 * @throws MIGRATION_TARGET_UNKNOWN, MIGRATION_MISSING_ON_DISK, MIGRATION_OUT_OF_ORDER, MIGRATION_HALF_DONE
 */
export function planMigrations(
  files: readonly MigrationFile[],
  records: readonly MigrationRecord[],
  { target, folder }: { readonly target?: string | undefined; readonly folder: string },
): MigrationPlan {
  const end = targetIndex(files, target);
  const missing = records.filter(({ name }) => !files.some((file) => file.name === name));
  if (missing.length > 0)
    throw modelErrors.MIGRATION_MISSING_ON_DISK(
      missing.map(({ name }) => name),
      folder,
    );
  const recordOf = new Map(records.map((record) => [record.name, record]));
  const isDone = ({ name }: MigrationFile) => recordOf.has(name) && recordOf.get(name)?.half?.direction !== "up";
  const undo = files.filter((file, index) => index > end && isDone(file)).reverse();
  const apply = files.filter((file, index) => index <= end && !isDone(file));
  assertOrder(files, apply, isDone);
  assertWhole(files, records, end);
  const edited = files.filter((file) => {
    const record = recordOf.get(file.name);
    return record && !record.half && record.checksum !== file.checksum;
  });
  return {
    steps: [
      ...undo.map((file) => ({ file, direction: "down" as const })),
      ...apply.map((file) => ({ file, direction: "up" as const })),
    ],
    warnings: edited.length === 0 ? [] : [modelErrors.MIGRATION_EDITED(edited.map(({ name }) => name)).message],
  };
}

/** Place of the last migration that is to be applied; -1 for none. */
function targetIndex(files: readonly MigrationFile[], target: string | undefined): number {
  if (target === undefined) return files.length - 1;
  if (target === "zero") return -1;
  const found = files.filter(({ name }) => name === target || name.startsWith(`${target}_`));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw modelErrors.MIGRATION_TARGET_UNKNOWN(
      target,
      files.map(({ name }) => name),
    );
  }
  return files.indexOf(only);
}

function assertOrder(
  files: readonly MigrationFile[],
  apply: readonly MigrationFile[],
  isDone: (file: MigrationFile) => boolean,
): void {
  const last = files.findLast(isDone);
  if (!last) return;
  const early = apply.filter((file) => files.indexOf(file) < files.indexOf(last));
  if (early.length > 0)
    throw modelErrors.MIGRATION_OUT_OF_ORDER(
      early.map(({ name }) => name),
      last.name,
    );
}

/** What stopped half-way goes on in its own direction only. */
function assertWhole(files: readonly MigrationFile[], records: readonly MigrationRecord[], end: number): void {
  for (const { name, half } of records) {
    if (!half) continue;
    const wanted = files.findIndex((file) => file.name === name) <= end ? "up" : "down";
    if (wanted !== half.direction)
      throw modelErrors.MIGRATION_HALF_DONE(name, half.direction === "up" ? "applied" : "undone");
  }
}
