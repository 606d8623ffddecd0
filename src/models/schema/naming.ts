import { createHash } from "node:crypto";
import { UnderscoreNamingStrategy } from "@mikro-orm/core";

/** Bytes that a name may have on every database: PostgreSQL cuts what is longer, and MySQL refuses one more than this. */
export const LONGEST_NAME = 63;

const HASHED = 8;

/** Names of columns and tables that nobody has written: what would be too long ends with a hash in place of its end. */
export class BoundedNaming extends UnderscoreNamingStrategy {
  override joinKeyColumnName(...given: Parameters<UnderscoreNamingStrategy["joinKeyColumnName"]>): string {
    return bounded(super.joinKeyColumnName(...given));
  }

  override joinTableName(...given: Parameters<UnderscoreNamingStrategy["joinTableName"]>): string {
    return bounded(super.joinTableName(...given));
  }
}

/** Whether a database would cut or refuse the name. */
export function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > LONGEST_NAME;
}

/** The name; where a database would cut or refuse it, its start and a hash of it. */
export function bounded(name: string): string {
  if (!isTooLong(name)) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASHED);
  let start = name.slice(0, LONGEST_NAME - HASHED - 1);
  while (isTooLong(`${start}_${hash}`)) start = start.slice(0, -1);
  return `${start}_${hash}`;
}
