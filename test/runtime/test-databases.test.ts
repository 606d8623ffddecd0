import { testApp } from "antiphon/testing";
import { afterAll, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger } from "../support/chromium.ts";

const folder = appFolder("empty", {
  "src/models.ts": `import { model, p } from "antiphon/models";
export class Order extends model("Order", { id: p.integer().primary() }) {}
`,
  "src/app.tsx": `import { createApp } from "antiphon/react";
export default createApp().addPage(() => <p>A page</p>, { route: "/" });
`,
});
afterAll(() => folder[Symbol.dispose]());

/** The warnings of an app under test, and whether it has its table. */
async function start(): Promise<{ readonly warnings: readonly string[]; readonly tables: number }> {
  const { lines, logger } = collectingLogger();
  await using app = await testApp({ root: folder.root, logger });
  const found = await app.server.database?.execute("select name from sqlite_schema where name = 'order'");
  return { warnings: lines, tables: found?.rows.length ?? 0 };
}

test("an app under test without migrations for its database has the tables of its models, and says which setting is missing", async () => {
  expect(await start()).toEqual({ warnings: [], tables: 1 });
  folder.write("migrations/postgres/0001_initial.ts", "export {};\n");
  expect(await start()).toEqual({
    warnings: [
      expect.stringMatching(/created from the models.*no migrations for sqlite.*dialects: \["postgres", "sqlite"\]/),
    ],
    tables: 1,
  });
});
