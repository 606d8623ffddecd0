import { bounded } from "../schema/naming.ts";

/** One name and the one that it becomes. */
export type NamePair = readonly [from: string, to: string];

/** The names of tables, of a table's columns, or of models, before and after a migration. */
export interface NameChange {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** What stays, also under its name. Names of `before` without a pair are removed, those of `after` are added. */
  readonly pairs: readonly NamePair[];
}

/**
 * Brings renames into an order in which each name is free when it is taken. What is removed gives its name up first, and
 * of names that are exchanged one waits under another name.
 */
export function renameOrder({ before, after, pairs }: NameChange, caseCounts: boolean): NamePair[] {
  const key = (name: string) => (caseCounts ? name : name.toLowerCase());
  const steps: NamePair[] = [];
  const holders = new Map(before.map((name) => [key(name), name]));
  const waiting = new Map(pairs.filter(([from, to]) => from !== to));
  const move = (from: string, to: string) => {
    steps.push([from, to]);
    holders.delete(key(from));
    holders.set(key(to), to);
    waiting.delete(from);
  };
  const kept = new Set(pairs.map(([from]) => from));
  for (const name of after) {
    const holder = holders.get(key(name));
    if (holder !== undefined && !kept.has(holder)) move(holder, asideName(holder));
  }
  const aside = new Set<string>();
  for (let [next] = waiting; next !== undefined; [next] = waiting) {
    const free = [...waiting].find(([from, to]) => [undefined, from].includes(holders.get(key(to))));
    const [from, to] = free ?? next;
    if (free !== undefined || aside.has(from)) {
      move(from, to);
      continue;
    }
    const name = asideName(from);
    aside.add(name);
    move(from, name);
    waiting.set(name, to);
  }
  return steps;
}

/** The name of something that another thing takes the name of. */
export function asideName(name: string): string {
  return bounded(`antiphon_old_${name}`);
}
