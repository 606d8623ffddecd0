import { describe } from "vitest";
import { SUITES } from "./contract/index.ts";

describe("Data states on SQLite", () => {
  for (const suite of SUITES) suite(async () => undefined);
});
