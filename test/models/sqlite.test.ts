import { afterAll, describe } from "vitest";
import { SUITES } from "./contract/index.ts";
import { sqliteFiles } from "./servers.ts";

const files = sqliteFiles();
afterAll(() => files.stop());

describe("SQLite", () => {
  for (const suite of SUITES) suite(files.open);
});
