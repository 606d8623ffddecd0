import type { Answers } from "./answers.ts";
import type { DialectSchema } from "./dialect-schema.ts";
import { applyRename, type Rename, type Snapshot, type TableJson } from "./snapshot.ts";

/** The kept tables with the renames carried out on them, and what these were. */
export interface Renamed {
  readonly snapshot: Snapshot;
  readonly renames: readonly Rename[];
  /** "Note.heading" of every new field that may be an old one, as long as nobody has said which. */
  readonly undecided: ReadonlySet<string>;
}

/**
 * Finds out what was renamed: what kept its model or property name for sure, and of the rest what an answer says. A
 * field that went and one that came are never taken for the same without being asked about.
 */
export async function findRenames(
  schema: DialectSchema,
  old: Snapshot,
  now: Snapshot,
  answers: Answers,
): Promise<Renamed> {
  const search = new RenameSearch(schema.dialect === "sqlite", old, now, answers);
  await search.tables();
  search.tablesBetween();
  await search.columns();
  return { snapshot: search.snapshot, renames: search.renames, undecided: search.undecided };
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

  async tables(): Promise<void> {
    const between = (model: string) => model.includes(".");
    for (const [to, { model }] of this.#tablesThatCame()) {
      if (between(model)) continue;
      const same = this.#tablesThatWent().find(([, went]) => went.model === model);
      if (same) this.#apply({ kind: "table", from: same[0], to });
    }
    for (const [to, { model }] of this.#tablesThatCame()) {
      if (between(model)) continue;
      for (const [from, went] of this.#tablesThatWent()) {
        if (between(went.model) || !this.#alike(from, to)) continue;
        const answer = await this.#answers.renamedModel(went.model, model);
        if (answer !== true) continue;
        this.#models.set(went.model, model);
        this.#apply({ kind: "table", from, to });
        break;
      }
    }
  }

  /** A table between two models follows the names of its model and its property. */
  tablesBetween(): void {
    for (const [to, { model }] of this.#tablesThatCame()) {
      const [owner = "", property = ""] = model.split(".");
      if (property === "") continue;
      for (const [from, went] of this.#tablesThatWent()) {
        const [oldOwner = "", oldProperty = ""] = went.model.split(".");
        if ((this.#models.get(oldOwner) ?? oldOwner) !== owner) continue;
        const same = oldProperty === property || this.#answers.saysRenamed(owner, oldProperty, property);
        if (!same) continue;
        this.#apply({ kind: "table", from, to });
        break;
      }
    }
    for (const [table, { model, columns }] of Object.entries(this.#now.names)) {
      if (!model.includes(".")) continue;
      const old = this.snapshot.names[table];
      if (!old) continue;
      const [before, after] = [Object.keys(old.columns), Object.keys(columns)];
      for (const [index, from] of before.entries()) {
        const to = after[index];
        if (to !== undefined && to !== from && !after.includes(from)) this.#apply({ kind: "column", table, from, to });
      }
    }
  }

  async columns(): Promise<void> {
    for (const [table, { model, columns }] of Object.entries(this.#now.names)) {
      if (model.includes(".") || !this.snapshot.names[table]) continue;
      for (const [to, property] of Object.entries(columns)) {
        if (this.#column(this.snapshot, table, to)) continue;
        const gone = () =>
          Object.entries(this.snapshot.names[table]?.columns ?? {}).filter(([column]) => !(column in columns));
        const same = gone().find(([, old]) => old === property);
        if (same) {
          this.#apply({ kind: "column", table, from: same[0], to });
          continue;
        }
        for (const [from, oldProperty] of gone()) {
          if (oldProperty in Object.fromEntries(Object.values(columns).map((name) => [name, true]))) continue;
          const compatible =
            this.#column(this.snapshot, table, from)?.type === this.#column(this.#now, table, to)?.type;
          if (!compatible && !this.#answers.saysRenamed(model, oldProperty, property)) continue;
          const answer = await this.#answers.renamedField(model, oldProperty, property);
          if (answer === undefined) this.undecided.add(`${model}.${property}`);
          if (answer !== true) continue;
          this.#apply({ kind: "column", table, from, to });
          break;
        }
      }
    }
  }

  #apply(rename: Rename): void {
    this.renames.push(rename);
    this.snapshot = applyRename(this.snapshot, rename, this.#sqlite);
  }

  #tablesThatCame() {
    return Object.entries(this.#now.names).filter(([table]) => !this.#table(this.snapshot, table));
  }

  #tablesThatWent() {
    return Object.entries(this.snapshot.names).filter(([table]) => !this.#table(this.#now, table));
  }

  /** At least half of the larger table's columns are in both. */
  #alike(from: string, to: string): boolean {
    const before = this.#table(this.snapshot, from)?.columns ?? {};
    const after = this.#table(this.#now, to)?.columns ?? {};
    const shared = Object.values(before).filter((column) => after[column.name]?.type === column.type).length;
    return shared * 2 >= Math.max(Object.keys(before).length, Object.keys(after).length);
  }

  #table(snapshot: Snapshot, name: string): TableJson | undefined {
    return snapshot.schema.tables.find((table) => table.name === name);
  }

  #column(snapshot: Snapshot, table: string, name: string) {
    return this.#table(snapshot, table)?.columns[name];
  }
}
