import { afterAll, describe, test } from "vitest";
import { mysqlServer, opener, postgresServer, sqliteFiles } from "../support/database-servers.ts";
import { resets } from "./resets-contract.ts";

describe("On SQLite", () => {
  const files = sqliteFiles();
  afterAll(() => files.stop());
  resets(files.open);
});

const servers = [
  { name: "PostgreSQL", dialect: "postgres", server: await postgresServer() },
  { name: "MySQL", dialect: "mysql", server: await mysqlServer() },
] as const;

for (const { name, dialect, server } of servers) {
  if (typeof server === "string") {
    describe.skip(`On ${name}`, () => test(`Nothing is tested: ${server}`));
    process.stderr.write(`${name} is not tested: ${server}\n`);
  } else {
    afterAll(() => server.stop());
    describe(`On ${name}`, () => resets(opener(dialect, () => server.createDatabase())));
  }
}
