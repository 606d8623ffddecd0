// Migrates a database as another process would: node migrate-child.ts <url> <folder>
import { Database } from "../../src/models/database/database.ts";
import { migrateDatabase } from "../../src/models/migrations/migrate.ts";

const [url = "", folder = ""] = process.argv.slice(2);
await using database = await Database.open({ url, models: [] });
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const { applied } = await migrateDatabase(database, { folder });
process.stdout.write(`${JSON.stringify(applied)}\n`);
process.stdin.destroy();
