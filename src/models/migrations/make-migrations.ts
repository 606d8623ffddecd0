import { join } from "node:path";
import type { Dialect } from "../database/database.ts";
import { modelErrors } from "../errors.ts";
import { findRenames } from "../renames/find-renames.ts";
import { type Snapshot, tableNamed } from "../renames/snapshot.ts";
import { fieldOf } from "../schema/field-info.ts";
import { fieldKinds } from "../schema/field-kinds.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { Answers, type GivenAnswers } from "./answers.ts";
import { describeChanges, describeExact, migrationName } from "./describe-changes.ts";
import { DialectSchema } from "./dialect-schema.ts";
import { readSnapshot, writeMigration, writeSnapshot } from "./migration-file.ts";
import { inexactTables } from "./mysql-tables.ts";
import { differenceOf, migrationSql, needsFill } from "./schema-sql.ts";

/** What `makeMigrations` is told. */
export interface MakeMigrationsOptions {
  readonly models: readonly ModelClass[];
  /** The folder with one folder of migrations for each dialect. */
  readonly folder: string;
  readonly dialects: readonly Dialect[];
  /** In place of a name made of the changes. */
  readonly name?: string;
  readonly answers?: GivenAnswers;
  /** Only tells what would be written. */
  readonly check?: boolean;
}

/** A migration that was written, or would be. */
export interface MadeMigration {
  readonly dialect: Dialect;
  /** Undefined when nothing was written. */
  readonly path?: string;
  /** What it changes, in a person's words. */
  readonly changes: readonly string[];
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/**
 * Writes the migrations that lead from the last ones to the models, for each dialect. Nothing is written before every
 * question of every dialect is answered. Needs no database.
 *
 * @returns what was written; empty when the models have not changed
 * @throws MIGRATION_ANSWERS_MISSING, MIGRATION_ANSWER_INVALID, MIGRATION_ANSWER_UNUSED, MIGRATION_SNAPSHOT_INVALID
 */
export async function makeMigrations(options: MakeMigrationsOptions): Promise<MadeMigration[]> {
  const answers = new Answers(options.answers ?? {});
  const planned: Planned[] = [];
  for (const dialect of options.dialects) {
    const one = await plan(dialect, options, answers);
    if (one) planned.push(one);
  }
  if (options.check) return planned.map(({ made }) => made);
  answers.finish();
  const name = options.name ?? planned[0]?.name ?? "auto";
  return planned.map(({ made, snapshot, isFirst }) => {
    const folder = join(options.folder, made.dialect);
    const path = writeMigration(folder, options.name ?? (isFirst ? "initial" : name), made);
    writeSnapshot(folder, snapshot);
    return { ...made, path };
  });
}

/**
 * Writes a migration without statements, for data, for each dialect.
 *
 * @returns the paths
 * @throws MIGRATION_SNAPSHOT_INVALID
 */
export async function makeEmptyMigrations(
  options: Pick<MakeMigrationsOptions, "folder" | "dialects" | "name">,
): Promise<string[]> {
  const paths: string[] = [];
  for (const dialect of options.dialects) {
    const folder = join(options.folder, dialect);
    if (!readSnapshot(folder)) writeSnapshot(folder, (await DialectSchema.open(dialect, [])).empty());
    paths.push(writeMigration(folder, options.name ?? "data", { up: [], down: [], empty: true }));
  }
  return paths;
}

interface Planned {
  readonly made: MadeMigration;
  readonly snapshot: Snapshot;
  readonly name: string;
  readonly isFirst: boolean;
}

async function plan(dialect: Dialect, options: MakeMigrationsOptions, answers: Answers): Promise<Planned | undefined> {
  const schema = await DialectSchema.open(dialect, options.models);
  const old = readSnapshot(join(options.folder, dialect)) ?? schema.empty();
  const to = schema.snapshot();
  // A check tells that something is to be done, and asks nothing about how.
  const given = options.check ? new Answers({}) : answers;
  const { snapshot: from, renames, models, things, undecided } = await findRenames(schema, old, to, given);
  const difference = differenceOf(schema, from, to);
  const described = [
    ...describeChanges(difference, things, from, to),
    ...inexactTables(from, to).map((table) => describeExact(to.names[table]?.model ?? table)),
  ];
  if (described.length === 0) return undefined;
  const fills = await findFills(schema, { from, to, undecided, models: options.models, answers: given });
  const { up, down } = migrationSql(schema, { from, to, renames, models, fills });
  const changes = described.map(({ text }) => text);
  const isFirst = old.schema.tables.length === 0;
  return { made: { dialect, changes, up, down }, snapshot: to, name: migrationName(described, isFirst), isFirst };
}

interface FillSearch {
  readonly from: Snapshot;
  readonly to: Snapshot;
  readonly undecided: ReadonlySet<string>;
  readonly models: readonly ModelClass[];
  readonly answers: Answers;
}

/** Asks what rows that are there get in columns that must have a value from now on. */
async function findFills(schema: DialectSchema, { from, to, undecided, models, answers }: FillSearch) {
  const fills = new Map<string, Map<string, string>>();
  const byName = new Map(models.map((model) => [modelDefinition(model).name, model]));
  for (const [table, { model, columns }] of Object.entries(to.names)) {
    const [before, after] = [tableNamed(from, table), tableNamed(to, table)];
    const modelClass = byName.get(model);
    if (!before || !after || !modelClass) continue;
    for (const [name, property] of Object.entries(columns)) {
      const [was, now] = [before.columns[name], after.columns[name]];
      if (!now || now.nullable || (was && !was.nullable) || undecided.has(`${model}.${property}`)) continue;
      let literal = was ? now.default : null;
      if (needsFill(now)) {
        const text = await answers.oneOffDefault(model, property, was === undefined);
        literal = text === undefined ? null : oneOffLiteral(schema, modelClass, property, text);
      }
      if (literal !== null) fills.set(table, (fills.get(table) ?? new Map<string, string>()).set(name, literal));
    }
  }
  return fills;
}

/** What was typed for a field, as a literal of SQL. @throws MIGRATION_DEFAULT_INVALID */
function oneOffLiteral(schema: DialectSchema, model: ModelClass, property: string, text: string): string {
  const field = fieldOf(model, property);
  const name = `${modelDefinition(model).name}.${property}`;
  if (!field) throw modelErrors.MIGRATION_DEFAULT_INVALID(name, text, "It is no field that can be filled.");
  const row = fieldKinds[field.kind];
  const now = new Date().toISOString();
  const value =
    text === "now"
      ? { datetime: now, date: now.slice(0, 10), time: now.slice(11, 19) }[field.kind as string]
      : undefined;
  const parsed = row.parseText?.(value ?? text, field) ?? row.parse(value ?? text, field);
  if (!parsed.ok) throw modelErrors.MIGRATION_DEFAULT_INVALID(name, text, parsed.message);
  return schema.literal(row.toDriver(parsed.value, schema.dialect, field));
}
