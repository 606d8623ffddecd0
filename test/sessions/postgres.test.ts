import { afterAll, describe, test } from "vitest";
import { postgresServer } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";
import { databaseStorage } from "./database-storage.ts";

const server = await postgresServer();

if (typeof server === "string") {
  describe.skip("sessions in PostgreSQL", () => test(`Nothing is tested: ${server}`));
  process.stderr.write(`Sessions in PostgreSQL are not tested: ${server}\n`);
} else {
  afterAll(() => server.stop());
  describe("sessions in PostgreSQL", () => {
    for (const suite of SUITES) suite(databaseStorage("postgres", () => server.createDatabase()));
  });
}
