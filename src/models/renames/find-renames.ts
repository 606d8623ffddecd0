import type { Answers } from "../migrations/answers.ts";
import type { DialectSchema } from "../migrations/dialect-schema.ts";
import { Pairing } from "./pairing.ts";
import { type NameChange, type NamePair, renameOrder } from "./rename-order.ts";
import { askReplaced } from "./replaced-relations.ts";
import { applyRename, type Rename, type Snapshot, tableNamed } from "./snapshot.ts";
import {
  type NameNow,
  type StoredBetween,
  type StoredField,
  type StoredModel,
  sharedColumns,
  storedBetweens,
  storedFields,
  storedModels,
} from "./stored-things.ts";

/** The kept tables with the renames carried out on them, and what these were. */
export interface Renamed {
  readonly snapshot: Snapshot;
  /** In the order in which the database carries them out: what is exchanged takes a third name meanwhile. */
  readonly renames: readonly Rename[];
  /** The same for the names of models. */
  readonly models: readonly NamePair[];
  /** Everything that has another name than before, in code or in the database. */
  readonly things: readonly RenamedThing[];
  /** "Note.heading" of every new field that is likely an old one, until an answer says which. */
  readonly undecided: ReadonlySet<string>;
}

/** A model, a many-to-many field or a field whose name, table or column is another one than before. */
export interface RenamedThing {
  readonly kind: "table" | "column";
  /** The model of a field, as it is called now. */
  readonly model?: string;
  /** Names in code. */
  readonly names: NamePair;
  /** Names of tables or columns. */
  readonly stored: NamePair;
}

/**
 * Finds out what was renamed. A model is the same by its name, a field by its model and its name, whatever tables and
 * columns they have; then the same table or column tells, and of the rest what a person says. Each one that is removed
 * is asked about with each one that is added, whatever they hold: what is taken for another is lost. Questions are the
 * same on every dialect, so that one answer does for all.
 */
export async function findRenames(
  schema: DialectSchema,
  old: Snapshot,
  now: Snapshot,
  answers: Answers,
): Promise<Renamed> {
  const search = new RenameSearch(old, now, answers);
  await search.findModels();
  await search.findBetweens();
  search.findModelsBetween();
  for (const pair of search.models.pairs) await search.findFields(...pair);
  search.findColumnsBetween();
  search.findUnnamed();
  await askReplaced(search.remains(), answers);
  return search.renamed(schema.dialect);
}

interface Stored {
  readonly table: string;
}

/** Tables that stay, with the columns that stay. */
interface TablePair {
  readonly from: string;
  readonly to: string;
  readonly columns: NamePair[];
}

class RenameSearch {
  readonly #old: Snapshot;
  readonly #now: Snapshot;
  readonly #answers: Answers;
  readonly #undecided = new Set<string>();
  readonly #things: RenamedThing[] = [];
  readonly #tables: TablePair[] = [];
  readonly #removedFields: StoredField[] = [];
  readonly #addedFields: StoredField[] = [];
  readonly models: Pairing<StoredModel>;
  #betweens = new Pairing<StoredBetween>([], []);

  constructor(old: Snapshot, now: Snapshot, answers: Answers) {
    this.#old = old;
    this.#now = now;
    this.#answers = answers;
    this.models = new Pairing(storedModels(old), storedModels(now));
  }

  async findModels(): Promise<void> {
    const { models } = this;
    models.matchTold(this.#answers, {
      read: (text) => (text.includes(".") ? undefined : (text.split(":") as [string, string])),
      keyOf: ({ name }) => name,
    });
    models.match((old, now) => old.name === now.name);
    models.match((old, now) => old.table === now.table && !this.#answers.dropped(old.name));
    const shared = (old: StoredModel, now: StoredModel) =>
      sharedColumns(tableNamed(this.#old, old.table), tableNamed(this.#now, now.table));
    await models.ask(
      (old) =>
        this.#answers.dropped(old.name) ? [] : [...models.added].sort((a, b) => shared(old, b) - shared(old, a)),
      (old, now) => this.#answers.renamedModel(old.name, now.name),
    );
    for (const [old, now] of models.pairs) this.#pairTables([old.name, now.name], [old.table, now.table]);
  }

  /** A table between two models follows the names of its model and its property. */
  async findBetweens(): Promise<void> {
    const same: NameNow = (model) => model;
    this.#betweens = new Pairing(storedBetweens(this.#old, this.#nameNow), storedBetweens(this.#now, same));
    const betweens = this.#betweens;
    const isKept = (one: StoredBetween) => !this.#answers.dropped(labelNow(one));
    const ownersAre = (old: StoredBetween, now: StoredBetween) => old.owner !== undefined && old.owner === now.owner;
    betweens.matchTold(this.#answers, { read: readField, keyOf: (one) => one.owner && labelNow(one) });
    betweens.match((old, now) => ownersAre(old, now) && old.name === now.name);
    betweens.match((old, now) => isTurned(old, now) && now.inverse === labelNow(old));
    betweens.match((old, now) => ownersAre(old, now) && old.table === now.table && isKept(old));
    betweens.match((old, now) => isTurned(old, now) && old.table === now.table && isKept(old));
    await betweens.ask(
      (old) => {
        const candidates = isKept(old) ? betweens.added.filter((now) => ownersAre(old, now)) : [];
        return candidates.sort((a, b) => Number(b.kind === old.kind) - Number(a.kind === old.kind));
      },
      (old, now) => this.#answers.renamedField(now.owner ?? "", old, now),
    );
    for (const [old, now] of betweens.pairs) {
      const followed = old.table === now.table && labelNow(old) === now.label;
      this.#pairTables([followed ? now.label : old.label, now.label], [old.table, now.table]);
    }
  }

  /** A model that has the table of a many-to-many field, or the reverse, as far as every column stays. */
  findModelsBetween(): void {
    const [models, betweens] = [this.models, this.#betweens];
    const match = <O extends Stored, N extends Stored>(old: Pairing<O>, now: Pairing<N>, label: (old: O) => string) => {
      for (const one of old.removed) {
        const other = now.added.find(({ table }) => table === one.table);
        if (other === undefined || !this.#isWhole(one.table) || this.#answers.dropped(label(one))) continue;
        old.take(one);
        now.take(other);
        this.#pairTables([label(one), this.#now.names[one.table]?.model ?? one.table], [one.table, one.table]);
        const columns = columnNames(this.#old, one.table);
        this.#tables.at(-1)?.columns.push(...columns.map((column): NamePair => [column, column]));
      }
    };
    match(betweens, models, labelNow);
    match(models, betweens, ({ name }) => name);
  }

  async findFields(oldModel: StoredModel, { name: model, table }: StoredModel): Promise<void> {
    const same: NameNow = (name) => name;
    const fields = new Pairing(
      storedFields(this.#old, { name: model, table: oldModel.table }, this.#nameNow),
      storedFields(this.#now, { name: model, table }, same),
    );
    const fits = (old: StoredField, now: StoredField) => old.columns.length === now.columns.length;
    const isKept = (old: StoredField) => !this.#answers.dropped(`${model}.${old.name}`);
    fields.matchTold(this.#answers, { read: readField, keyOf: ({ name }) => `${model}.${name}`, fits });
    fields.match((old, now) => old.name === now.name && fits(old, now));
    fields.match((old, now) => old.columns.join() === now.columns.join() && isKept(old));
    await fields.ask(
      (old) => {
        const candidates = isKept(old) ? fields.added.filter((now) => fits(old, now)) : [];
        return candidates.sort((a, b) => Number(b.kind === old.kind) - Number(a.kind === old.kind));
      },
      async (old, now) => {
        const answer = await this.#answers.renamedField(model, old, now);
        if (answer === undefined && now.kind === old.kind) this.#undecided.add(`${model}.${now.name}`);
        return answer;
      },
    );
    for (const [old, now] of fields.pairs)
      for (const [index, column] of old.columns.entries())
        this.#pairColumns(table, [old.name, now.name], [column, now.columns[index] as string]);
    this.#removedFields.push(...fields.removed);
    this.#addedFields.push(...fields.added);
  }

  /** Columns of tables between models, which have a side and no name of their own. */
  findColumnsBetween(): void {
    for (const [old, now] of this.#betweens.pairs) {
      const turned = isTurned(old, now) && !(old.owner === now.owner && now.inverse !== labelNow(old));
      for (const side of ["owner", "target"]) {
        const after = turned ? { owner: "target", target: "owner" }[side] : side;
        const from = columnsOf(this.#old, old.table, side);
        const to = columnsOf(this.#now, now.table, after ?? side);
        if (from.length !== to.length) continue;
        for (const [index, column] of from.entries())
          this.#pairColumns(now.table, [side, side], [column, to[index] as string]);
      }
    }
  }

  /** Tables and columns that no model and no field names, as the one with the order of a many-to-many field. */
  findUnnamed(): void {
    const namesOf = (snapshot: Snapshot) => snapshot.schema.tables.map(({ name }) => name);
    const tables = stayUnnamed(
      { before: namesOf(this.#old), after: namesOf(this.#now), pairs: this.#tables.map(({ from, to }) => [from, to]) },
      [this.#old.names, this.#now.names],
    );
    for (const table of tables) this.#pairTables([table, table], [table, table]);
    for (const { from, to, columns: pairs } of this.#tables) {
      const [before, after] = [columnNames(this.#old, from), columnNames(this.#now, to)];
      const named = [this.#old.names[from]?.columns ?? {}, this.#now.names[to]?.columns ?? {}] as const;
      pairs.push(...stayUnnamed({ before, after, pairs }, named).map((column): NamePair => [column, column]));
    }
  }

  /** What was not found to be the same. */
  remains() {
    const same: NameNow = (name) => name;
    const withFields = (snapshot: Snapshot, models: readonly StoredModel[], nameNow: NameNow) =>
      models.map((model) => ({ name: model.name, fields: storedFields(snapshot, model, nameNow) }));
    const { removed, added } = this.#betweens;
    return {
      removed: {
        models: withFields(this.#old, this.models.removed, this.#nameNow),
        betweens: removed,
        fields: this.#removedFields,
      },
      added: { models: withFields(this.#now, this.models.added, same), betweens: added, fields: this.#addedFields },
    };
  }

  renamed(dialect: DialectSchema["dialect"]): Renamed {
    const caseCounts = dialect === "postgres";
    const namesOf = (snapshot: Snapshot) => snapshot.schema.tables.map(({ name }) => name);
    const tables = this.#tables.map(({ from, to }): NamePair => [from, to]);
    const renames: Rename[] = renameOrder(
      { before: namesOf(this.#old), after: namesOf(this.#now), pairs: tables },
      caseCounts,
    ).map(([from, to]) => ({ kind: "table", from, to }));
    for (const { from, to: table, columns } of this.#tables) {
      const [before, after] = [columnNames(this.#old, from), columnNames(this.#now, table)];
      const steps = renameOrder({ before, after, pairs: columns }, caseCounts);
      renames.push(...steps.map(([from, to]): Rename => ({ kind: "column", table, from, to })));
    }
    const snapshot = renames.reduce((done, rename) => applyRename(done, rename, dialect === "sqlite"), this.#old);
    const names = this.models.pairs.map(([old, now]): NamePair => [old.name, now.name]);
    const models = renameOrder(
      { before: names.map(([old]) => old), after: names.map(([, now]) => now), pairs: names },
      false,
    );
    return { snapshot, renames, models, things: this.#things, undecided: this.#undecided };
  }

  /** Whether each column of a table stays, but for one that only counts the rows. */
  #isWhole(name: string): boolean {
    const after = tableNamed(this.#now, name)?.columns ?? {};
    return Object.values(tableNamed(this.#old, name)?.columns ?? {}).every(
      (column) => column.autoincrement || column.name in after,
    );
  }

  readonly #nameNow: NameNow = (model) => this.models.pairs.find(([old]) => old.name === model)?.[1].name;

  #pairTables(names: NamePair, stored: NamePair): void {
    const [from, to] = stored;
    this.#tables.push({ from, to, columns: [] });
    if (isChanged(names) || isChanged(stored)) this.#things.push({ kind: "table", names, stored });
  }

  #pairColumns(table: string, names: NamePair, stored: NamePair): void {
    this.#tables.find(({ to }) => to === table)?.columns.push(stored);
    const model = this.#now.names[table]?.model ?? table;
    if (isChanged(names) || isChanged(stored)) this.#things.push({ kind: "column", model, names, stored });
  }
}

function isChanged([from, to]: NamePair): boolean {
  return from !== to;
}

/** "Note.tags", with the model's name of now where it stays. */
function labelNow({ owner, name, label }: StoredBetween): string {
  return owner === undefined ? label : `${owner}.${name}`;
}

/** Whether it is the relation between the same two models, declared by the other one. */
function isTurned(old: StoredBetween, now: StoredBetween): boolean {
  return old.owner !== undefined && old.owner === now.target && old.target === now.owner;
}

function columnNames(snapshot: Snapshot, table: string): string[] {
  return Object.keys(tableNamed(snapshot, table)?.columns ?? {});
}

/** The names that are there before and after, stand for nothing in code, and are not given to anything else. */
function stayUnnamed({ before, after, pairs }: NameChange, [old, now]: readonly [object, object]): string[] {
  const isFree = (name: string) => !pairs.some((pair) => pair.includes(name)) && !(name in old && name in now);
  return before.filter((name) => after.includes(name) && isFree(name));
}

function columnsOf({ names }: Snapshot, table: string, side: string): string[] {
  return Object.entries(names[table]?.columns ?? {}).flatMap(([column, own]) => (own === side ? [column] : []));
}

/** The two fields of an answer: "Note.old:new". */
function readField(text: string): NamePair | undefined {
  const [, model, from, to] = /^(\w+)\.(\w+):(\w+)$/.exec(text) ?? [];
  return model === undefined ? undefined : [`${model}.${from}`, `${model}.${to}`];
}
