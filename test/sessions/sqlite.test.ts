import { afterAll, describe } from "vitest";
import { SUITES } from "./contract/index.ts";
import { sqliteStorage } from "./database-storage.ts";

const storage = sqliteStorage();
afterAll(() => storage.stop());

describe("sessions in SQLite", () => {
  for (const suite of SUITES) suite(storage.open);
});
