import { afterAll, describe } from "vitest";
import { sqliteFiles } from "../support/database-servers.ts";
import { SUITES } from "./contract/index.ts";

const files = sqliteFiles();
afterAll(() => files.stop());

describe("SQLite", () => {
  for (const suite of SUITES) suite(files.open);
});
