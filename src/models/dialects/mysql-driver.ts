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
    this.platform.getEnumTypeDeclarationSQL = ({ items = [], ...column }) =>
      items.every((item) => typeof item === "string")
        ? `enum(${items.map((item) => this.platform.quoteValue(item)).join(",")})`
        : this.platform.getTinyIntTypeDeclarationSQL(column);
  }
}
