import { join } from "node:path";
import { objects } from "antiphon/models";
import { type TestApp, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ItemsState } from "../fixtures/forms-app/src/items.state.ts";
import { Folder, Item, Tag } from "../fixtures/forms-app/src/models.ts";

const queries: string[] = [];
let app: TestApp;
beforeAll(async () => {
  app = await testApp({
    root: join(import.meta.dirname, "../fixtures/forms-app"),
    onQuery: (sql) => queries.push(sql),
  });
});
afterAll(() => app.close());

test("the labels of all rows that a relation has chosen come with one query", async () => {
  const item = await app.run(async () => {
    const tags: number[] = [];
    for (let count = 1; count <= 30; count++) tags.push((await objects(Tag).create({ name: `tag ${count}` })).id);
    const { id: folder } = await objects(Folder).create({ name: "Inbox" });
    return await objects(Item).create({ title: "Tagged", tags, folder });
  });
  await using tab = await app.open("/");
  queries.length = 0;
  await tab.call(ItemsState, "startEdit", item.id);
  const { tags = [], folder = [] } = tab.view(ItemsState).relationOptions;
  expect([tags.length, new Set(tags.map(({ label }) => label)).size, folder]).toEqual([
    30,
    30,
    [{ value: 1, label: "Inbox" }],
  ]);
  const reads = queries.filter((sql) => /^select .*"?\bname\b"? .*from [`"]?tag\b/is.test(sql));
  expect(reads.length).toBe(1);
});
