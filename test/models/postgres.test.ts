import { afterAll, describe, test } from "vitest";
import { opener, postgresServer } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";

const server = await postgresServer();

if (typeof server === "string") {
  describe.skip("PostgreSQL", () => test(`Nothing is tested: ${server}`));
  process.stderr.write(`PostgreSQL is not tested: ${server}\n`);
} else {
  afterAll(() => server.stop());
  describe("PostgreSQL", () => {
    for (const suite of SUITES) suite(opener("postgres", () => server.createDatabase()));
  });
}
