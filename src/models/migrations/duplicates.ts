import type { MigrationSession } from "./migration-session.ts";

/** Values that a message shows. */
const SHOWN = 3;

/**
 * Says which rows keep a statement from making columns unique; undefined for any other statement. The databases name the
 * column, or one value, or neither.
 */
export async function duplicatesFor(session: MigrationSession, statement = ""): Promise<string | undefined> {
  const [, table = "", list = ""] =
    /^(?:create unique index \S+ on|alter table) [`"]([^`"]+)[`"] (?:add (?:constraint \S+ )?unique [^(]*)?\(([^()]+)\)$/i.exec(
      statement,
    ) ?? [];
  const columns = Array.from(list.matchAll(/[`"]([^`"]+)[`"]/g), ([, name = ""]) => name);
  if (columns.length === 0) return undefined;
  const names = columns.map((name) => session.quote(name));
  const filled = names.map((name) => `${name} is not null`).join(" and ");
  const rows = await session
    .rows(
      `select ${names.join(", ")} from ${session.quote(table)} where ${filled} group by ${names.join(", ")} having count(*) > 1 order by ${names.join(", ")} limit ${SHOWN}`,
    )
    // A column that the migration has created was undone: use the database's message.
    .catch(() => []);
  if (rows.length === 0) return undefined;
  const values = rows.map((row) => columns.map((name) => JSON.stringify(String(row[name]))).join(" and "));
  return `several rows of ${table} have the same ${columns.join(" and ")}, for example ${values.join(", ")}`;
}
