import { type Configuration, PostgreSqlDriver } from "@mikro-orm/postgresql";

/** The ORM's part for PostgreSQL, told to put an index on every reference, as it does on the other databases. */
export class IndexedPostgreSqlDriver extends PostgreSqlDriver {
  constructor(config: Configuration) {
    super(config);
    this.platform.indexForeignKeys = () => true;
  }
}
