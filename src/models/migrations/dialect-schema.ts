import type { EntityMetadata, MikroORM, Options } from "@mikro-orm/core";
import type { DatabaseSchema, SchemaDifference, SqlSchemaGenerator } from "@mikro-orm/sql";
import { ormDriver, ormOptions } from "../database/orm-options.ts";
import type { Dialect } from "../dialects/session.ts";
import { columnKinds, keyKind } from "../kind-changes/column-kinds.ts";
import type { ColumnJson, Snapshot, TableNames } from "../renames/snapshot.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";
import { compareExactly } from "./exact-comparison.ts";

type SqlModule = typeof import("@mikro-orm/sql");
type CoreModule = typeof import("@mikro-orm/core");

/** The generator's own way to take a text apart, which knows literals; it is not in its types. */
interface Splitter {
  splitOutsideLiterals(sql: string, separator: string): string[];
}

/** What the tables of some models are on one dialect, and the SQL between two states of them. Needs no server. */
export class DialectSchema {
  readonly dialect: Dialect;
  readonly #orm: MikroORM;
  readonly #models: ReadonlyMap<string, ModelClass>;
  readonly #sql: SqlModule;
  readonly #core: CoreModule;
  readonly #generator: SqlSchemaGenerator;

  private constructor(
    dialect: Dialect,
    orm: MikroORM,
    models: readonly ModelClass[],
    { sql, core }: { readonly sql: SqlModule; readonly core: CoreModule },
  ) {
    this.dialect = dialect;
    this.#orm = orm;
    this.#models = new Map(models.map((model) => [modelDefinition(model).name, model]));
    this.#sql = sql;
    this.#core = core;
    this.#generator = new sql.SqlSchemaGenerator(orm.em as never);
  }

  static async open(dialect: Dialect, models: readonly ModelClass[]): Promise<DialectSchema> {
    const [core, sql, driver] = await Promise.all([
      import("@mikro-orm/core"),
      import("@mikro-orm/sql"),
      ormDriver(dialect),
    ]);
    // The name is that of no database: nothing is connected.
    const orm = new core.MikroORM({ ...ormOptions(models, dialect), dbName: "antiphon", driver } as unknown as Options);
    return new DialectSchema(dialect, orm as MikroORM, models, { sql, core });
  }

  /** The tables as the models have them. Made anew with every call: writing SQL uses parts of it up. */
  target(): DatabaseSchema {
    return this.#generator.getTargetSchema();
  }

  /** The tables as the models have them, to be kept. */
  snapshot(): Snapshot {
    const target = this.target();
    const schema = JSON.parse(JSON.stringify(target)) as Snapshot["schema"];
    const tables = schema.tables.map((table) => {
      const columns = Object.entries(table.columns).map(([name, column]) => {
        // The ORM writes a decimal as a number, which has not all its digits.
        const exact = target.getTable(table.name)?.getColumn(name)?.default;
        return [name, column.mappedType === "decimal" ? { ...column, default: exact ?? null } : column] as const;
      });
      return { ...table, columns: Object.fromEntries(columns) };
    });
    return { version: 1, names: this.#names(), schema: { ...schema, tables } };
  }

  /** No tables at all. */
  empty(): Snapshot {
    const { name, namespaces } = JSON.parse(JSON.stringify(this.target())) as Snapshot["schema"];
    return { version: 1, names: {}, schema: { name, namespaces, tables: [] } };
  }

  /** The tables that were kept. */
  read({ schema: json, names }: Snapshot): DatabaseSchema {
    const { DatabaseSchema: Schema, DatabaseTable: Table } = this.#sql;
    const { t, Type, UnknownType } = this.#core;
    const platform = this.#generatorPlatform();
    const schema = new Schema(platform, json.name);
    const tables = structuredClone(json.tables).map((stored) => {
      const table = new Table(platform, stored.name, stored.schema);
      table.comment = stored["comment"] as string;
      table.setIndexes(stored.indexes as never);
      table.setChecks(stored.checks as never);
      table.setForeignKeys(stored.foreignKeys as never);
      const order = Object.keys(names[stored.name]?.columns ?? {});
      const place = (column: ColumnJson) => order.indexOf(column.name);
      // Kept tables mark each column of a composite key, which SQL written for a table must not do.
      const composite = stored.indexes.some((index) => index["primary"] === true && index.columnNames.length > 1);
      for (const column of Object.values(stored.columns).sort((a, b) => place(a) - place(b))) {
        const mappedType = Type.getType((t as never)[column.mappedType] ?? UnknownType);
        const type = this.#typeOf(column);
        table.addColumn({ ...column, type, mappedType, ...(composite ? { primary: false } : {}) } as never);
      }
      return table;
    });
    schema.setTables(tables);
    schema.setNamespaces(new Set(json.namespaces));
    return schema;
  }

  /** What differs. The ORM's guess that a column that went and one that came are the same is not asked for. */
  compare(from: DatabaseSchema, to: DatabaseSchema, inverse?: SchemaDifference): SchemaDifference {
    const comparator = new this.#sql.SchemaComparator(this.#generatorPlatform());
    Object.assign(comparator, { detectColumnRenamings: () => {} });
    compareExactly(comparator);
    return comparator.compare(from, to, inverse);
  }

  /** The ORM's SQL for a difference, a statement each. */
  sql(difference: SchemaDifference): string[] {
    const text = this.#generator.diffToSQL(difference, { wrap: false, safe: false, dropTables: true });
    const splitter = this.#generator as unknown as Splitter;
    return splitter
      .splitOutsideLiterals(text, ";\n")
      .map((statement) => statement.trim().replace(/;$/, ""))
      .filter((statement) => statement !== "");
  }

  /** The ORM's words for SQLite's tables and indexes. */
  get helper(): ReturnType<ReturnType<DialectSchema["platform"]>["getSchemaHelper"]> {
    return this.#generatorPlatform().getSchemaHelper();
  }

  platform(): ConstructorParameters<SqlModule["SchemaComparator"]>[0] {
    return this.#generatorPlatform();
  }

  /** A model of those that it was opened with. */
  model(name: string): ModelClass | undefined {
    return this.#models.get(name);
  }

  quote(name: string): string {
    return this.#generatorPlatform().quoteIdentifier(name);
  }

  /** A value as a literal. */
  literal(value: unknown): string {
    return this.#generatorPlatform().quoteValue(value);
  }

  /** Kept types are in lower case, and with them the items of an enum of MySQL. */
  #typeOf({ type, ...column }: ColumnJson): string {
    const items = (column["enumItems"] as readonly unknown[] | undefined) ?? [];
    if (this.dialect !== "mysql" || items.length === 0 || !type.startsWith("enum(")) return type;
    return `enum(${items.map((item) => this.literal(item)).join(",")})`;
  }

  #generatorPlatform() {
    return this.#orm.em.getDriver().getPlatform() as ConstructorParameters<SqlModule["SchemaComparator"]>[0];
  }

  #names(): { [table: string]: TableNames } {
    const all = [...this.#orm.getMetadata().getAll().values()] as EntityMetadata[];
    const names: { [table: string]: TableNames } = {};
    const exact = this.dialect === "mysql" ? ({ exact: true } as const) : {};
    for (const meta of all) {
      // A table that is only between two models comes with the many-to-many field, one with a model of its own as that.
      const model = this.#models.get(meta.className);
      const isBetween = meta.pivotTable && model === undefined;
      if (!meta.tableName || isBetween || meta.virtual || meta.embeddable) continue;
      const columns = meta.props.flatMap((prop) =>
        prop.persist === false || prop.kind === "m:n" || prop.kind === "1:m"
          ? []
          : (prop.fieldNames ?? []).map((column) => [column, prop.name] as const),
      );
      names[meta.tableName] = {
        model: meta.className,
        columns: Object.fromEntries(columns),
        ...(model === undefined ? {} : { kinds: columnKinds(model) }),
        ...unboundTargets(meta.props.map((prop) => [prop, prop.fieldNames ?? [], prop.targetMeta] as const)),
        ...exact,
      };
      for (const prop of meta.props) {
        if (prop.kind !== "m:n" || !prop.owner || !prop.pivotTable) continue;
        const between = [
          ...prop.joinColumns.map((column) => [column, "owner"] as const),
          ...prop.inverseJoinColumns.map((column) => [column, "target"] as const),
        ];
        const target = this.#models.get(prop.targetMeta?.className ?? "");
        const kindOf = (side: string) => (side === "owner" ? model : target);
        names[prop.pivotTable] ??= {
          model: `${meta.className}.${prop.name}`,
          columns: Object.fromEntries(between),
          ...inverseOf(prop, meta),
          ...unboundTargets([
            [prop, prop.joinColumns, meta],
            [prop, prop.inverseJoinColumns, prop.targetMeta],
          ]),
          ...exact,
          kinds: Object.fromEntries(
            between.flatMap(([column, side]) => {
              const end = kindOf(side);
              return end === undefined ? [] : [[column, keyKind(end)]];
            }),
          ),
        };
      }
    }
    return names;
  }
}

type Side = readonly [
  prop: EntityMetadata["props"][number],
  columns: readonly string[],
  target: EntityMetadata | undefined,
];

/** What columns refer to that have no foreign key; nothing where all have one. */
function unboundTargets(sides: readonly Side[]): Pick<TableNames, "targets"> {
  const targets = sides.flatMap(([prop, columns, target]) => {
    if (target === undefined || prop.createForeignKeyConstraint !== false) return [];
    const keys = target.getPrimaryProps().flatMap((key) => key.fieldNames);
    return columns.map((column, index) => [column, `${target.tableName}.${keys[index]}`] as const);
  });
  return targets.length === 0 ? {} : { targets: Object.fromEntries(targets) };
}

/** The field of the other model that is the other side of a many-to-many field. */
function inverseOf(prop: EntityMetadata["props"][number], { className }: EntityMetadata): Pick<TableNames, "inverse"> {
  const target = prop.targetMeta;
  const found = target?.props.find(
    (one) => one.kind === "m:n" && one.mappedBy === prop.name && one.targetMeta?.className === className,
  );
  return found === undefined ? {} : { inverse: `${target?.className}.${found.name}` };
}
