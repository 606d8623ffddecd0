import type { Answers } from "./answers.ts";
import type { DialectSchema } from "./dialect-schema.ts";
import { applyRename, type Rename, type Snapshot, type TableJson } from "./snapshot.ts";

/** The kept tables with the renames carried out on them, and what these were. */
export interface Renamed {
  readonly snapshot: Snapshot;
  readonly renames: readonly Rename[];
  /** Models with another name than before, in the order in which they took it. */
  readonly models: readonly (readonly [old: string, now: string])[];
  /** "Note.heading" of every new field that is likely an old one, as long as nobody has said which. */
  readonly undecided: ReadonlySet<string>;
}

/**
 * Finds out what was renamed: first what the options tell, then what kept its model or property name for sure, and of the
 * rest what a person says. Each one that went is asked about with each one that came, whatever they hold: what is taken
 * for another is lost. Questions are the same on every dialect, so that one answer does for all.
 */
export async function findRenames(
  schema: DialectSchema,
  old: Snapshot,
  now: Snapshot,
  answers: Answers,
): Promise<Renamed> {
  const search = new RenameSearch(schema.dialect === "sqlite", old, now, answers);
  await search.models();
  await search.manyToMany();
  search.toldFields();
  for (const [table, { model }] of Object.entries(now.names)) {
    if (!isBetween(model) && search.snapshot.names[table]) await search.fields(table, model);
  }
  return {
    snapshot: search.snapshot,
    renames: search.renames,
    models: search.renamedModels,
    undecided: search.undecided,
  };
}

/** Whether it is the name of a table between two models: "Note.tags". */
function isBetween(model: string): boolean {
  return model.includes(".");
}

class RenameSearch {
  readonly #sqlite: boolean;
  readonly #now: Snapshot;
  readonly #answers: Answers;
  readonly #models = new Map<string, string>();
  readonly renames: Rename[] = [];
  readonly undecided = new Set<string>();
  snapshot: Snapshot;

  constructor(sqlite: boolean, old: Snapshot, now: Snapshot, answers: Answers) {
    this.#sqlite = sqlite;
    this.#now = now;
    this.#answers = answers;
    this.snapshot = old;
  }

  async models(): Promise<void> {
    const came = () => this.#tablesThatCame().filter(({ model }) => !isBetween(model));
    const went = () => this.#tablesThatWent().filter(({ model }) => !isBetween(model));
    for (const [table, { model }] of Object.entries(this.#now.names)) {
      // The same table by another model's name.
      const old = this.snapshot.names[table]?.model;
      if (old !== undefined && old !== model) this.#modelIsNow(old, model);
    }
    this.#toldModels(came);
    for (const old of went()) {
      const same = came().find(({ model }) => model === old.model);
      if (same) this.#renameModel(old, same);
    }
    for (const old of went()) {
      if (this.#answers.dropped(old.model)) continue;
      const likeliest = came().sort((a, b) => this.#shared(old.table, b.table) - this.#shared(old.table, a.table));
      const now = await first(likeliest, ({ model }) => this.#answers.renamedModel(old.model, model));
      if (now) this.#renameModel(old, now);
    }
  }

  /** Models that the options tell of; one may take the name of another that is renamed as well. */
  #toldModels(came: () => NamedTable[]): void {
    const waiting = new Set(this.#answers.renames());
    let found: boolean;
    do {
      found = false;
      for (const text of waiting) {
        const [from = "", to = ""] = text.split(":");
        const old = namedTables(this.snapshot).find(({ model }) => model === from);
        const now = came().find(({ model }) => model === to);
        if (!old || !now) continue;
        this.#renameModel(old, now);
        waiting.delete(text);
        found = true;
      }
    } while (found);
  }

  /** A table between two models follows the names of its model and its property. */
  async manyToMany(): Promise<void> {
    const went = () => this.#betweenThatWent();
    const came = () => this.#betweenThatCame();
    const rename = (old: Between, now: Between) => this.#apply({ kind: "table", from: old.table, to: now.table });
    const sure = (old: Between) => {
      const key = (now: Between) => `${old.owner}.${old.name}:${now.name}`;
      const told = (now: Between) => this.#answers.renames().includes(key(now));
      // One may take the name of another that is renamed as well: first the one whose new name is free.
      const free = came().filter((one) => one.owner === old.owner && !tableIn(this.snapshot, one.table));
      const now = free.find(told) ?? free.find((one) => one.name === old.name);
      if (now) this.#answers.use(key(now));
      return now && { old, now };
    };
    for (let next = firstOf(went(), sure); next; next = firstOf(went(), sure)) rename(next.old, next.now);
    for (const old of went()) {
      if (this.#answers.dropped(`${old.owner}.${old.name}`)) continue;
      const likeliest = came().filter(({ owner, table }) => owner === old.owner && !tableIn(this.snapshot, table));
      likeliest.sort((a, b) => Number(b.kind === old.kind) - Number(a.kind === old.kind));
      const now = await first(likeliest, (one) => this.#answers.renamedField(old.owner, old, one));
      if (now) rename(old, now);
    }
    this.#columnsBetween();
  }

  /** Fields that the options tell of; one may take the name of another that is renamed as well. */
  toldFields(): void {
    let found: boolean;
    do {
      found = false;
      for (const text of this.#answers.renames()) {
        const [, model, from, to] = /^(\w+)\.(\w+):(\w+)$/.exec(text) ?? [];
        const [table] = Object.entries(this.#now.names).find(([, names]) => names.model === model) ?? [];
        if (table === undefined) continue;
        const old = fieldsOf(this.snapshot, table).find(({ name }) => name === from);
        const now = fieldsOf(this.#now, table).find(({ name }) => name === to);
        if (!old || !now || old.columns.length !== now.columns.length) continue;
        // The property alone has another name.
        if (old.columns.join() === now.columns.join()) this.#answers.use(text);
        if (now.columns.some((column) => this.#column(this.snapshot, table, column))) continue;
        this.#answers.use(text);
        this.#renameField(table, old, now);
        found = true;
      }
    } while (found);
  }

  async fields(table: string, model: string): Promise<void> {
    const went = () => fieldsOf(this.snapshot, table, (column) => !this.#column(this.#now, table, column));
    const came = () => fieldsOf(this.#now, table, (column) => !this.#column(this.snapshot, table, column));
    const fits = (old: Field, now: Field) => old.columns.length === now.columns.length;
    for (const old of went()) {
      const same = came().find((now) => now.name === old.name && fits(old, now));
      if (same) this.#renameField(table, old, same);
    }
    const has = (snapshot: Snapshot, name: string) => fieldsOf(snapshot, table).some((field) => field.name === name);
    for (const old of went()) {
      if (has(this.#now, old.name) || this.#answers.dropped(`${model}.${old.name}`)) continue;
      const likeliest = came().filter((now) => fits(old, now) && !has(this.snapshot, now.name));
      likeliest.sort((a, b) => Number(b.kind === old.kind) - Number(a.kind === old.kind));
      const now = await first(likeliest, async (one) => {
        const answer = await this.#answers.renamedField(model, old, one);
        if (answer === undefined && one.kind === old.kind) this.undecided.add(`${model}.${one.name}`);
        return answer;
      });
      if (now) this.#renameField(table, old, now);
    }
  }

  /** Columns of tables between models, which have a place and no name of their own. */
  #columnsBetween(): void {
    for (const [table, { model, columns }] of Object.entries(this.#now.names)) {
      const old = this.snapshot.names[table];
      if (!isBetween(model) || !old) continue;
      const [before, after] = [Object.keys(old.columns), Object.keys(columns)];
      for (const [index, from] of before.entries()) {
        const to = after[index];
        if (to !== undefined && to !== from && !after.includes(from)) this.#apply({ kind: "column", table, from, to });
      }
    }
  }

  get renamedModels(): readonly (readonly [old: string, now: string])[] {
    return [...this.#models];
  }

  #renameModel(old: NamedTable, now: NamedTable): void {
    this.#apply({ kind: "table", from: old.table, to: now.table });
    this.#modelIsNow(old.model, now.model);
  }

  #modelIsNow(old: string, now: string): void {
    this.#models.set(old, now);
    this.#answers.use(`${old}:${now}`);
  }

  #renameField(table: string, old: Field, now: Field): void {
    for (const [index, from] of old.columns.entries()) {
      const to = now.columns[index] as string;
      if (from !== to) this.#apply({ kind: "column", table, from, to });
    }
  }

  #apply(rename: Rename): void {
    this.renames.push(rename);
    this.snapshot = applyRename(this.snapshot, rename, this.#sqlite);
  }

  #tablesThatCame(): NamedTable[] {
    return namedTables(this.#now).filter(({ table }) => !tableIn(this.snapshot, table));
  }

  #tablesThatWent(): NamedTable[] {
    return namedTables(this.snapshot).filter(({ table }) => !tableIn(this.#now, table));
  }

  /** A table between two models, with its model's name of now; nothing for others. */
  #betweenIn(snapshot: Snapshot, { table, model }: NamedTable): Between[] {
    const [owner = "", name] = model.split(".");
    if (name === undefined) return [];
    const target = Object.keys(snapshot.names[table]?.columns ?? {}).at(-1) ?? "";
    const key = Object.values(tableIn(snapshot, table)?.foreignKeys ?? {}).find((one) =>
      one.columnNames.includes(target),
    );
    const refers = (key?.referencedTableName ?? "").replace(/^.*\./, "");
    const kind = snapshot.names[refers]?.model ?? refers;
    const isOld = snapshot === this.snapshot;
    const named = (model: string) => (isOld ? this.#models.get(model) : undefined) ?? model;
    return [{ table, owner: named(owner), name, kind: named(kind) }];
  }

  /** Tables between two models that are no more, or whose name another one has now. */
  #betweenThatWent(): Between[] {
    const all = namedTables(this.snapshot).flatMap((named) => this.#betweenIn(this.snapshot, named));
    return all.filter(({ table, owner, name }) => this.#now.names[table]?.model !== `${owner}.${name}`);
  }

  #betweenThatCame(): Between[] {
    const went = new Set(this.#betweenThatWent().map(({ table }) => table));
    const all = namedTables(this.#now).flatMap((named) => this.#betweenIn(this.#now, named));
    return all.filter(({ table }) => went.has(table) || !tableIn(this.snapshot, table));
  }

  /** How many columns two tables have in common. */
  #shared(from: string, to: string): number {
    const after = tableIn(this.#now, to)?.columns ?? {};
    return Object.values(tableIn(this.snapshot, from)?.columns ?? {}).filter(
      (column) => after[column.name]?.type === column.type,
    ).length;
  }

  #column(snapshot: Snapshot, table: string, name: string) {
    return tableIn(snapshot, table)?.columns[name];
  }
}

interface NamedTable {
  readonly table: string;
  readonly model: string;
}

/** A many-to-many field by its table; its kind is the model that it leads to. */
interface Between {
  readonly table: string;
  readonly owner: string;
  readonly name: string;
  readonly kind: string;
}

/** A field with the columns that are in question. */
interface Field {
  readonly name: string;
  readonly kind: string;
  readonly columns: readonly string[];
}

function namedTables({ names }: Snapshot): NamedTable[] {
  return Object.entries(names).map(([table, { model }]) => ({ table, model }));
}

function tableIn(snapshot: Snapshot, name: string): TableJson | undefined {
  return snapshot.schema.tables.find((table) => table.name === name);
}

function fieldsOf(snapshot: Snapshot, table: string, isMeant: (column: string) => boolean = () => true): Field[] {
  const columns = tableIn(snapshot, table)?.columns ?? {};
  const fields = new Map<string, string[]>();
  for (const [column, property] of Object.entries(snapshot.names[table]?.columns ?? {})) {
    if (isMeant(column)) fields.set(property, [...(fields.get(property) ?? []), column]);
  }
  return Array.from(fields, ([name, own]) => ({ name, kind: kindOf(columns[own[0] ?? ""]?.mappedType), columns: own }));
}

const KINDS: { readonly [type: string]: string } = {
  ...Object.fromEntries(
    ["smallint", "tinyint", "mediumint", "integer", "bigint", "float", "double", "decimal", "boolean"].map(
      (type) => [type, "number"] as const,
    ),
  ),
  datetime: "time",
  date: "time",
  time: "time",
  json: "JSON",
  blob: "bytes",
};

/** A column's kind in a word that is the same on every dialect: texts and truth have other types on each. */
function kindOf(mappedType = ""): string {
  return KINDS[mappedType] ?? "text";
}

function firstOf<T, R>(all: readonly T[], find: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first that is the one; asks no further. */
async function first<T>(all: readonly T[], isIt: (one: T) => Promise<boolean | undefined>): Promise<T | undefined> {
  for (const one of all) if (await isIt(one)) return one;
  return undefined;
}
