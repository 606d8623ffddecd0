// The parts that we use of drivers that bring no types of their own.
declare module "better-sqlite3" {
  export interface Statement {
    readonly reader: boolean;
    readonly readonly: boolean;
    all(...parameters: unknown[]): Record<string, unknown>[];
    run(...parameters: unknown[]): { changes: number; lastInsertRowid: number | bigint };
    iterate(...parameters: unknown[]): IterableIterator<Record<string, unknown>>;
    columns(): { name: string; column: string | null; table: string | null; type: string | null }[];
    safeIntegers(on?: boolean): this;
  }
  // biome-ignore lint/style/noDefaultExport: the driver exports it so.
  export default class Database {
    constructor(file: string, options?: { readonly?: boolean; fileMustExist?: boolean; timeout?: number });
    readonly inTransaction: boolean;
    readonly open: boolean;
    prepare(sql: string): Statement;
    exec(sql: string): this;
    pragma(source: string, options?: { simple?: boolean }): unknown;
    function(name: string, options: { deterministic?: boolean }, body: (...values: unknown[]) => unknown): this;
    backup(file: string): Promise<unknown>;
    close(): this;
  }
}

declare module "pg" {
  export interface Result {
    readonly command: string;
    readonly rowCount: number | null;
    readonly rows: Record<string, unknown>[];
  }
  export interface Client {
    query(query: { text: string; values?: readonly unknown[]; name?: string }): Promise<Result>;
    on(event: "error", listener: (error: Error) => void): this;
    release(destroy?: boolean): void;
  }
  export class TypeOverrides {
    setTypeParser(oid: number, parser: (text: string) => unknown): void;
    getTypeParser(oid: number, format?: string): (text: string) => unknown;
  }
  export class Pool {
    constructor(options: Record<string, unknown>);
    readonly totalCount: number;
    readonly idleCount: number;
    readonly waitingCount: number;
    connect(): Promise<Client>;
    on(event: "error", listener: (error: Error) => void): this;
    on(event: "connect", listener: (client: Client) => void): this;
    end(): Promise<void>;
  }
}
