import { afterAll, describe, test } from "vitest";
import { postgresServer } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";

const server = await postgresServer();

if (typeof server === "string") {
  describe.skip("Data states on PostgreSQL", () => test(`Nothing is tested: ${server}`));
} else {
  afterAll(() => server.stop());
  describe("Data states on PostgreSQL", () => {
    for (const suite of SUITES) suite(() => server.createDatabase());
  });
}
