import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { columnDefaultContract } from "./contract/column-defaults.ts";
import { fixtureContract } from "./contract/fixtures.ts";
import { migrationBranchContract } from "./contract/migration-branches.ts";
import { migrationIndexContract } from "./contract/migration-indexes.ts";
import { migrationKindContract } from "./contract/migration-kinds.ts";
import { migrationPermissionContract } from "./contract/migration-permissions.ts";
import { migrationRenameContract } from "./contract/migration-renames.ts";
import { migrationRunContract } from "./contract/migration-runs.ts";
import { migrationContract } from "./contract/migrations.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-migrations-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const address = async () => `sqlite:${join(folder, `${randomUUID()}.sqlite3`)}`;
migrationContract("sqlite", address);
migrationRenameContract("sqlite", address);
migrationRunContract("sqlite", address);
migrationBranchContract("sqlite", address);
migrationPermissionContract("sqlite", address);
columnDefaultContract("sqlite", address);
migrationIndexContract("sqlite", address);
migrationKindContract("sqlite", address);
fixtureContract("sqlite", address);
