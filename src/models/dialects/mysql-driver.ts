import type { EntityDictionary, EntityName, NativeInsertUpdateManyOptions, QueryResult } from "@mikro-orm/core";
import { type Configuration, MySqlDriver } from "@mikro-orm/mysql";
import { EXACT_TEXTS } from "./exact-texts.ts";

/** A part of the ORM's helper that its types do not show. */
interface TableParts {
  finalizeTable(table: unknown, charset: string): string;
  createTableColumn(column: ColumnDefault, ...more: unknown[]): string | undefined;
}

interface ColumnDefault {
  readonly type: string;
  readonly default?: string | null;
}

/** The ORM's connection, with a method that its types keep to itself. */
interface RawResults {
  transformRawResult(result: { readonly insertId?: bigint }, method?: string): unknown;
}

/** What an insert gave, with the first key that the database made: it may be larger than a number holds. */
interface Inserted {
  insertId: unknown;
  exactId?: bigint;
  readonly rows: Record<string, unknown>[];
}

/** The step between keys, which the ORM's types keep to itself. */
interface KeyStep {
  getAutoIncrementIncrement(ctx: unknown): Promise<number>;
}

/** The ORM's part for MySQL: JSON comes as text from our connections, texts are compared exactly, enums escape their items. */
export class PortableMySqlDriver extends MySqlDriver {
  constructor(config: Configuration) {
    super(config);
    this.platform.convertsJsonAutomatically = () => false;
    const helper = this.platform.getSchemaHelper() as unknown as TableParts;
    const finalizeTable = helper.finalizeTable.bind(helper);
    helper.finalizeTable = (table, charset) => finalizeTable(table, `${charset} ${EXACT_TEXTS}`);
    const createTableColumn = helper.createTableColumn.bind(helper);
    helper.createTableColumn = (column, ...more) => {
      // MySQL takes the default of a long column as an expression only.
      const isBare = /^long/.test(column.type) && column.default != null && !column.default.startsWith("(");
      return createTableColumn(isBare ? { ...column, default: `(${column.default})` } : column, ...more);
    };
    const connection = this.connection as unknown as RawResults;
    const transform = connection.transformRawResult.bind(connection);
    connection.transformRawResult = (result, method) => {
      const transformed = transform(result, method);
      const { insertId } = result;
      const isLarge = method === "run" && insertId !== undefined && insertId > Number.MAX_SAFE_INTEGER;
      return isLarge ? { ...(transformed as object), exactId: insertId } : transformed;
    };
    this.platform.getEnumTypeDeclarationSQL = ({ items = [], ...column }) =>
      items.every((item) => typeof item === "string")
        ? `enum(${items.map((item) => this.platform.quoteValue(item)).join(",")})`
        : this.platform.getTinyIntTypeDeclarationSQL(column);
  }

  override async nativeInsertMany<T extends object>(
    entity: EntityName<T>,
    data: EntityDictionary<T>[],
    options: NativeInsertUpdateManyOptions<T> = {},
  ): Promise<QueryResult<T>> {
    const result = await super.nativeInsertMany(entity, data, options);
    const { exactId, rows } = result as unknown as Inserted;
    if (exactId === undefined) return result;
    const [key = ""] = this.getPrimaryKeyFields(this.metadata.get(entity));
    const step = await (this as unknown as KeyStep).getAutoIncrementIncrement(options.ctx);
    data.forEach((item, index) => {
      const known = (item as Record<string, unknown>)[key];
      rows[index] = { ...rows[index], [key]: known ?? String(exactId + BigInt(index * step)) };
    });
    Object.assign(result, { insertId: String(exactId), row: rows[0] });
    return result;
  }
}
