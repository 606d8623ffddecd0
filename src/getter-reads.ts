/** Which reads belong to which getter: the getter that runs now is told of each read. */

/** Stands for "which keys there are", as opposed to the value of one key. */
export const KEYS = Symbol("antiphon.keys");

/** One that wants to know what is read while it runs. */
export interface Reader {
  /** For messages: `NotesState.total`. */
  readonly path: string;
  /** A key of a tracked node was read; the node is compared by identity. */
  read(node: object, key: unknown): void;
  /** Something was read whose changes nobody sees: the inside of a hidden var, a `#private` field. */
  readUnseen(): void;
}

let active: Reader | undefined;

/** Tells the getter that runs now, if one does, of a read. */
export function trackRead(node: object, key: unknown): void {
  if (active !== undefined) active.read(node, key);
}

/** Tells the getter that runs now, if one does, that it read something whose changes nobody sees. */
export function trackUnseen(): void {
  active?.readUnseen();
}

/** The getter that runs now. */
export function activeReader(): Reader | undefined {
  return active;
}

/** Runs synchronous work whose reads go to this reader (or, with undefined, to nobody). */
export function withReader<T>(reader: Reader | undefined, work: () => T): T {
  const before = active;
  active = reader;
  try {
    return work();
  } finally {
    active = before;
  }
}
