import type { Constructor, EntityMetadata, IDatabaseDriver, Options } from "@mikro-orm/core";
import type { Dialect } from "../dialects/session.ts";
import { modelErrors } from "../errors.ts";
import { setDefaults } from "../schema/column-defaults.ts";
import { bindClass, type ModelClass } from "../schema/model.ts";
import { BoundedNaming, isTooLong, LONGEST_NAME } from "../schema/naming.ts";
import { Manager } from "./manager.ts";

/** Settings that every use of the ORM shares, so that makemigrations sees the tables that the app uses. */
export function ormOptions(models: readonly ModelClass[], dialect: Dialect): Partial<Options> {
  return {
    entities: models.map(bindClass),
    entityManager: Manager as never,
    namingStrategy: BoundedNaming,
    discovery: {
      warnWhenNoEntities: false,
      onMetadata: (meta, platform) => setDefaults(meta, platform, dialect),
      afterDiscovered: (storage) => {
        for (const meta of storage.getAll().values()) assertNames(meta as EntityMetadata);
      },
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

/** Names that the ORM made of others; `model()` has looked at those that were written. @throws MODEL_NAME_TOO_LONG */
function assertNames(meta: EntityMetadata): void {
  if (meta.tableName && isTooLong(meta.tableName)) throw tooLong(meta.className, "its table", meta.tableName);
  for (const { name, fieldNames = [], persist } of meta.props ?? []) {
    if (persist === false) continue;
    const column = fieldNames.find(isTooLong);
    if (column !== undefined) throw tooLong(`${meta.className}.${name}`, "its column", column);
  }
}

function tooLong(what: string, part: string, name: string): Error {
  return modelErrors.MODEL_NAME_TOO_LONG(what, part, name, LONGEST_NAME);
}
