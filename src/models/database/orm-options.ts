import type { Constructor, EntityMetadata, IDatabaseDriver, Options } from "@mikro-orm/core";
import type { Dialect } from "../dialects/session.ts";
import { setDefaults } from "../schema/column-defaults.ts";
import { bindClass, type ModelClass } from "../schema/model.ts";
import { BoundedNaming } from "../schema/naming.ts";
import { Manager } from "./manager.ts";
import { assertModelNames, assertTableNames } from "./table-names.ts";

/**
 * Settings that every use of the ORM shares, so that makemigrations sees the tables that the app uses.
 *
 * @throws MODEL_COLUMN_TWICE, MODEL_TABLE_TWICE
 */
export function ormOptions(models: readonly ModelClass[], dialect: Dialect): Partial<Options> {
  assertModelNames(models);
  return {
    entities: models.map(bindClass),
    entityManager: Manager as never,
    namingStrategy: BoundedNaming,
    discovery: {
      warnWhenNoEntities: false,
      onMetadata: (meta, platform) => setDefaults(meta, platform, dialect),
      afterDiscovered: (storage) => assertTableNames([...storage.getAll().values()] as EntityMetadata[]),
    },
    metadataCache: { enabled: false },
    forceUtcTimezone: true,
    ensureDatabase: false,
    debug: false,
    logger: () => {},
  };
}

/** The ORM's part for a dialect, loaded when it is needed. */
export async function ormDriver(dialect: Dialect): Promise<Constructor<IDatabaseDriver>> {
  switch (dialect) {
    case "sqlite":
      return (await import("@mikro-orm/sqlite")).SqliteDriver as never;
    case "postgres":
      return (await import("../dialects/postgres-driver.ts")).IndexedPostgreSqlDriver as never;
    case "mysql":
      return (await import("../dialects/mysql-driver.ts")).PortableMySqlDriver as never;
  }
}
