import type { EntityMetadata, EntityProperty } from "@mikro-orm/core";
import type { Database } from "./database.ts";
import type { ConstraintKind, DriverError } from "./database-errors.ts";

/** The constraint that a write broke, as far as the database names it. */
export interface Broken {
  readonly kind: ConstraintKind;
  readonly table?: string | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Name of the unique or foreign key where the columns are not told. */
  readonly constraint?: string | undefined;
  /** For a foreign key: the row is one that others refer to. */
  readonly parent?: boolean | undefined;
}

/** Reads the error of a driver; undefined if it is not about a constraint. */
export function brokenConstraint(error: DriverError, database: Database): Broken | undefined {
  return READERS[database.dialect](error, database);
}

const READERS: Record<Database["dialect"], (error: DriverError, database: Database) => Broken | undefined> = {
  sqlite: readSqlite,
  postgres: readPostgres,
  mysql: readMysql,
};

function readSqlite(error: DriverError): Broken | undefined {
  if (!error.code?.startsWith("SQLITE_CONSTRAINT")) return undefined;
  const [, rule = "", where = ""] =
    /(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?/.exec(error.message) ?? [];
  if (rule === "FOREIGN KEY") {
    const { table, columns = [], sql = "" } = error.statement ?? { sql: "" };
    return { kind: "foreignKey", table, columns, parent: /^\s*delete/i.test(sql) };
  }
  if (rule === "CHECK") return { kind: "check", table: tableOf(error.statement?.sql), constraint: where };
  const names = where.split(",").map((name) => name.trim().split("."));
  const place = { table: names[0]?.[0], columns: names.flatMap((name) => name.slice(-1)) };
  // "index 'name'" stands in place of columns where an index is over an expression.
  const index = /^index '(.*)'$/.exec(where)?.[1];
  if (index !== undefined) return { kind: "unique", constraint: index };
  return { kind: rule === "NOT NULL" ? "notNull" : "unique", ...place };
}

function readPostgres(error: DriverError, database: Database): Broken | undefined {
  const { table, constraint, column } = error;
  const columns = /\(((?:[^()]|\([^()]*\))*)\)=/
    .exec(error.detail ?? "")?.[1]
    ?.split(",")
    .map((name) => name.trim().replace(/^"|"$/g, ""));
  switch (error.code) {
    case "23505":
      return { kind: "unique", table, columns, constraint };
    case "23503": {
      // The table of the constraint is the child's, whichever row was written.
      const parent = isParent(error, columns ?? [], database);
      return { kind: "foreignKey", table, columns: parent ? undefined : columns, constraint, parent };
    }
    case "23502":
      return { kind: "notNull", table, columns: column === undefined ? [] : [column] };
    case "23514":
      return { kind: "check", table, constraint };
    case "22001":
    case "22003":
      // The server reports neither the table nor the column.
      return { kind: "value" };
    default:
      return undefined;
  }
}

/**
 * Whether the row of a broken foreign key is the one that others refer to. Sentences are in the server's language, so that
 * only names tell: the detail has the columns of the row that was written, and names the other table behind them.
 */
function isParent(
  { table = "", constraint, detail = "" }: DriverError,
  columns: readonly string[],
  database: Database,
) {
  const named = byConstraint(metasOf(database), { kind: "foreignKey", constraint }, database)?.properties[0];
  const areColumns = (names: readonly string[] = []) =>
    names.length === columns.length && names.every((name) => columns.includes(name));
  if (named && !areColumns(named.fieldNames)) return true;
  if (named && !areColumns(named.referencedColumnNames)) return false;
  const behind = detail.slice(detail.lastIndexOf(")") + 1);
  return behind.split(/[^\w$]+/).includes(table);
}

/** Returns the metadata of every model of the database. */
export function metasOf(database: Database): EntityMetadata[] {
  return Array.from(database.models.values(), (model) => database.meta(model));
}

function readMysql(error: DriverError): Broken | undefined {
  const text = error.sqlMessage ?? error.message;
  const table = tableOf(error.sql);
  switch (error.errno) {
    case 1062: {
      const key = keyOf(text);
      return { kind: "unique", table, constraint: key };
    }
    case 1048:
    case 1364: {
      const column = /'([^']+)'/.exec(text)?.[1];
      return { kind: "notNull", table, columns: column === undefined ? [] : [column] };
    }
    case 1451:
    case 1452:
    case 1216:
    case 1217: {
      const child = /\(`[^`]*`\.`([^`]+)`/.exec(text)?.[1];
      const columns = /FOREIGN KEY \(([^()]*)\)/
        .exec(text)?.[1]
        ?.split(",")
        .map((name) => name.trim().replaceAll("`", ""));
      const parent = error.errno === 1451 || error.errno === 1217;
      return { kind: "foreignKey", table: child ?? table, columns: columns ?? [], parent };
    }
    case 1406:
    case 1264: {
      const column = /for column (?:`[^`]*`\.`[^`]*`\.)?[`']([^`']+)[`']/.exec(text)?.[1];
      return { kind: "value", table, columns: column === undefined ? [] : [column] };
    }
    case 3819:
    case 4025: {
      const constraint = /(?:CONSTRAINT|constraint) [`']([^`']+)[`']/.exec(text)?.[1];
      return { kind: "check", table: /for `[^`]*`\.`([^`]+)`/.exec(text)?.[1] ?? table, constraint };
    }
    default:
      return undefined;
  }
}

/** The key's name comes last in the sentence; before it stands the duplicate value, which comes from outside. */
function keyOf(message: string): string | undefined {
  const quoted = message.slice(message.lastIndexOf("for key '") + "for key '".length);
  const end = quoted.lastIndexOf("'");
  return end < 0 ? undefined : quoted.slice(quoted.lastIndexOf(".", end) + 1, end);
}

function tableOf(sql: string | undefined): string | undefined {
  return /^\s*(?:insert|replace|update|delete)\b(?:\s+ignore|\s+or\s+\w+)?(?:\s+into|\s+from)?\s+[`"]?(\w+)/i.exec(
    sql ?? "",
  )?.[1];
}

/** Finds the model and the properties of a constraint by its name. */
export function byConstraint(
  metas: readonly EntityMetadata[],
  { constraint, kind, table }: Broken,
  database: Database,
): { meta: EntityMetadata; properties: readonly EntityProperty[] } | undefined {
  const platform = database.orm.em.getPlatform();
  for (const meta of metas) {
    for (const property of meta.props) {
      if (!property.fieldNames) continue;
      const name = (type: "unique" | "foreign" | "check") => {
        const chosen = type === "unique" ? property.unique : undefined;
        return typeof chosen === "string" ? chosen : platform.getIndexName(meta.tableName, property.fieldNames, type);
      };
      const matches =
        (kind === "unique" && name("unique") === constraint) ||
        (kind === "foreignKey" && name("foreign") === constraint) ||
        (kind === "check" && (name("check") === constraint || constraint === property.fieldNames[0]));
      if (matches) return { meta, properties: [property] };
    }
    if (
      kind === "unique" &&
      (constraint === "PRIMARY" || constraint === `${meta.tableName}_pkey`) &&
      meta.tableName === table
    ) {
      return { meta, properties: meta.getPrimaryProps() };
    }
    for (const unique of meta.uniques ?? []) {
      const properties = [unique.properties]
        .flat()
        .flatMap((name) => meta.properties[name as never] ?? []) as EntityProperty[];
      const columns = properties.flatMap((each) => each.fieldNames);
      const name = unique.name ?? platform.getIndexName(meta.tableName, columns, "unique");
      if (kind === "unique" && name === constraint) return { meta, properties };
    }
    for (const check of meta.checks ?? []) {
      // SQLite tells the condition of a check that stands beside its column.
      if (kind !== "check" || (check.name !== constraint && check.expression !== constraint)) continue;
      const property =
        check.property === undefined ? undefined : (meta.properties[check.property as never] as EntityProperty);
      return { meta, properties: property ? [property] : [] };
    }
  }
  return undefined;
}
