import { afterAll, describe, it } from "vitest";
import { mysqlServer, postgresServer } from "../support/database-servers.ts";
import { columnDefaultContract } from "./contract/column-defaults.ts";
import { fixtureContract } from "./contract/fixtures.ts";
import { largeKeyContract } from "./contract/large-keys.ts";
import { migrationBranchContract } from "./contract/migration-branches.ts";
import { migrationIdentityContract } from "./contract/migration-identity.ts";
import { migrationIndexContract } from "./contract/migration-indexes.ts";
import { migrationKeyContract } from "./contract/migration-keys.ts";
import { migrationKindPairContract } from "./contract/migration-kind-pairs.ts";
import { migrationKindContract } from "./contract/migration-kinds.ts";
import { migrationLiteralContract } from "./contract/migration-literals.ts";
import { migrationNumericEnumContract } from "./contract/migration-numeric-enums.ts";
import { migrationPermissionContract } from "./contract/migration-permissions.ts";
import { migrationReferenceContract } from "./contract/migration-references.ts";
import { migrationRenameContract } from "./contract/migration-renames.ts";
import { migrationRunContract } from "./contract/migration-runs.ts";
import { migrationUpgradeContract } from "./contract/migration-upgrade.ts";
import { migrationContract } from "./contract/migrations.ts";

for (const [dialect, start] of [
  ["postgres", postgresServer],
  ["mysql", mysqlServer],
] as const) {
  const server = await start();
  if (typeof server === "string") {
    describe(`Migrations on ${dialect}`, () => it.skip(server, () => {}));
    continue;
  }
  afterAll(() => server.stop());
  migrationContract(dialect, () => server.createDatabase());
  migrationReferenceContract(dialect, () => server.createDatabase());
  migrationIdentityContract(dialect, () => server.createDatabase());
  migrationRenameContract(dialect, () => server.createDatabase());
  migrationRunContract(dialect, () => server.createDatabase());
  columnDefaultContract(dialect, () => server.createDatabase());
  migrationIndexContract(dialect, () => server.createDatabase());
  migrationPermissionContract(dialect, () => server.createDatabase());
  migrationUpgradeContract(dialect, () => server.createDatabase());
  migrationBranchContract(dialect, () => server.createDatabase());
  migrationNumericEnumContract(dialect, () => server.createDatabase());
  migrationKeyContract(dialect, () => server.createDatabase());
  migrationKindContract(dialect, () => server.createDatabase());
  migrationLiteralContract(dialect, () => server.createDatabase());
  migrationKindPairContract(dialect, () => server.createDatabase());
  fixtureContract(dialect, () => server.createDatabase());
  largeKeyContract(dialect, () => server.createDatabase());
}
