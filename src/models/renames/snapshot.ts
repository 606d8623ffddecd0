/** The tables that a folder of migrations leads to, as its `.snapshot.json` holds them. */
export interface Snapshot {
  readonly version: 1;
  /** Which model and property each table and column stands for, by table; columns in the order of the model. */
  readonly names: { readonly [table: string]: TableNames };
  readonly schema: SchemaJson;
}

/** What a table and its columns are called in the model. */
export interface TableNames {
  /** The model, or "Note.tags" for the table between two models. */
  readonly model: string;
  readonly columns: { readonly [column: string]: string };
  /** What each column holds: "text(200)"; absent in snapshots of earlier versions. */
  readonly kinds?: { readonly [column: string]: string };
  /** "table.column" that a relation without a foreign key refers to; absent where there is none. */
  readonly targets?: { readonly [column: string]: string };
  /** A table between two models: the field of the other one that shows the same relation, "Tag.notes". */
  readonly inverse?: string;
  /** MySQL: texts are compared by their characters, not without case and accents. */
  readonly exact?: true;
}

/** A schema in the ORM's own notation. */
export interface SchemaJson {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly tables: readonly TableJson[];
  readonly [more: string]: unknown;
}

/** A table in the ORM's own notation. */
export interface TableJson {
  readonly name: string;
  readonly schema?: string;
  readonly columns: { readonly [name: string]: ColumnJson };
  readonly indexes: readonly IndexJson[];
  readonly checks: readonly CheckJson[];
  readonly foreignKeys: { readonly [name: string]: ForeignKeyJson };
  readonly [more: string]: unknown;
}

/** A column in the ORM's own notation. */
export interface ColumnJson {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly autoincrement: boolean;
  readonly default: string | null;
  readonly mappedType: string;
  readonly generated?: string;
  readonly [more: string]: unknown;
}

interface IndexJson {
  readonly keyName: string;
  readonly columnNames: readonly string[];
  readonly [more: string]: unknown;
}

interface CheckJson {
  readonly name: string;
  readonly columnName?: string;
  readonly expression: string;
  readonly [more: string]: unknown;
}

interface ForeignKeyJson {
  readonly constraintName: string;
  readonly columnNames: readonly string[];
  readonly localTableName: string;
  readonly referencedTableName: string;
  readonly referencedColumnNames: readonly string[];
  readonly [more: string]: unknown;
}

/** A table of a snapshot. */
export function tableNamed(snapshot: Snapshot, name: string): TableJson | undefined {
  return snapshot.schema.tables.find((table) => table.name === name);
}

/** A rename that the database is to carry out; tables come before columns. */
export type Rename =
  | { readonly kind: "table"; readonly from: string; readonly to: string }
  | { readonly kind: "column"; readonly table: string; readonly from: string; readonly to: string };

/** The tables after a rename. Constraints of SQLite have no names of their own, so theirs follow the columns. */
export function applyRename(snapshot: Snapshot, rename: Rename, sqlite: boolean): Snapshot {
  const { schema, names } = snapshot;
  if (rename.kind === "table") {
    const { [rename.from]: moved, ...others } = names;
    const tables = schema.tables.map((table) => renameTable(table, rename.from, rename.to));
    return {
      ...snapshot,
      names: mapValues(moved === undefined ? others : { ...others, [rename.to]: moved }, (known) =>
        retarget(known, (table) => swap(table, rename)),
      ),
      schema: { ...schema, tables: sqlite ? tables.map(renameConstraints) : tables },
    };
  }
  const tables = schema.tables.map((table) => renameColumn(table, rename));
  const known = names[rename.table];
  return {
    ...snapshot,
    names: mapValues(known === undefined ? names : { ...names, [rename.table]: renameInNames(known, rename) }, (each) =>
      retarget(
        each,
        (table) => table,
        (table, column) => (table === rename.table ? swap(column, rename) : column),
      ),
    ),
    schema: { ...schema, tables: sqlite ? tables.map(renameConstraints) : tables },
  };
}

function renameInNames(known: TableNames, rename: Swap): TableNames {
  const renamed = (values: { readonly [column: string]: string }) =>
    Object.fromEntries(Object.entries(values).map(([column, value]) => [swap(column, rename), value]));
  const { kinds, targets } = known;
  return {
    ...known,
    columns: renamed(known.columns),
    ...(kinds === undefined ? {} : { kinds: renamed(kinds) }),
    ...(targets === undefined ? {} : { targets: renamed(targets) }),
  };
}

/** Carries a rename out in what relations without a foreign key refer to. */
function retarget(
  known: TableNames,
  table: (name: string) => string,
  column: (table: string, name: string) => string = (_, name) => name,
): TableNames {
  if (known.targets === undefined) return known;
  const targets = mapValues(known.targets, (target) => {
    const end = target.lastIndexOf(".");
    const [owner, key] = [target.slice(0, end), target.slice(end + 1)];
    return `${table(owner)}.${column(owner, key)}`;
  });
  return { ...known, targets };
}

interface Swap {
  readonly from: string;
  readonly to: string;
}

function swap(name: string, { from, to }: Swap): string {
  return name === from ? to : name;
}

/** A table's name with or without its schema, as foreign keys hold it. */
function swapTable(name: string, { from, to }: Swap): string {
  if (name === from) return to;
  return name.endsWith(`.${from}`) ? `${name.slice(0, -from.length)}${to}` : name;
}

function renameTable(table: TableJson, from: string, to: string): TableJson {
  const names = { from, to };
  return {
    ...table,
    name: swap(table.name, names),
    foreignKeys: mapValues(table.foreignKeys, (key) => ({
      ...key,
      localTableName: swapTable(key.localTableName, names),
      referencedTableName: swapTable(key.referencedTableName, names),
    })),
  };
}

function renameColumn(table: TableJson, rename: Rename & { kind: "column" }): TableJson {
  const own = table.name === rename.table;
  const foreignKeys = mapValues(table.foreignKeys, (key) => {
    const refers = swapTable(key.referencedTableName, { from: rename.table, to: "" }) !== key.referencedTableName;
    return {
      ...key,
      columnNames: own ? key.columnNames.map((name) => swap(name, rename)) : key.columnNames,
      referencedColumnNames: refers
        ? key.referencedColumnNames.map((name) => swap(name, rename))
        : key.referencedColumnNames,
    };
  });
  if (!own) return { ...table, foreignKeys };
  const columns = Object.values(table.columns).map((column) => ({ ...column, name: swap(column.name, rename) }));
  return {
    ...table,
    columns: Object.fromEntries(columns.map((column) => [column.name, column])),
    indexes: table.indexes.map((index) => ({
      ...index,
      columnNames: index.columnNames.map((name) => swap(name, rename)),
    })),
    checks: table.checks.map((check) => renameInCheck(check, rename)),
    foreignKeys,
  };
}

function renameInCheck(check: CheckJson, rename: Swap): CheckJson {
  if (check.columnName !== rename.from) return check;
  const quoted = (text: unknown) =>
    typeof text === "string"
      ? text.replaceAll(`"${rename.from}"`, `"${rename.to}"`).replaceAll(`\`${rename.from}\``, `\`${rename.to}\``)
      : text;
  return {
    ...check,
    columnName: rename.to,
    expression: quoted(check.expression) as string,
    ...("definition" in check ? { definition: quoted(check["definition"]) } : {}),
  };
}

function renameConstraints(table: TableJson): TableJson {
  const keys = Object.values(table.foreignKeys).map((key) => {
    const constraintName = `${table.name}_${key.columnNames.join("_")}_foreign`;
    return [constraintName, { ...key, constraintName }] as const;
  });
  const checks = table.checks.map((check) =>
    check.columnName === undefined ? check : { ...check, name: `${table.name}_${check.columnName}_check` },
  );
  return { ...table, foreignKeys: Object.fromEntries(keys), checks };
}

function mapValues<T>(values: { readonly [name: string]: T }, map: (value: T) => T): { [name: string]: T } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
