import { afterAll, describe, test } from "vitest";
import { mysqlServer } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";
import { databaseStorage } from "./database-storage.ts";

const server = await mysqlServer();

if (typeof server === "string") {
  describe.skip("sessions in MySQL", () => test(`Nothing is tested: ${server}`));
  process.stderr.write(`Sessions in MySQL are not tested: ${server}\n`);
} else {
  afterAll(() => server.stop());
  describe("sessions in MySQL", () => {
    for (const suite of SUITES) suite(databaseStorage("mysql", () => server.createDatabase()));
  });
}
