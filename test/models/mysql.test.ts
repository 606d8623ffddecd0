import { afterAll, describe, test } from "vitest";
import { mysqlServer, opener } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";

const server = await mysqlServer();

if (typeof server === "string") {
  describe.skip("MySQL", () => test(`Nothing is tested: ${server}`));
  process.stderr.write(`MySQL is not tested: ${server}\n`);
} else {
  afterAll(() => server.stop());
  describe("MySQL", () => {
    for (const suite of SUITES) suite(opener("mysql", () => server.createDatabase()));
  });
}
