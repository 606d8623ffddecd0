import { afterEach, describe, expect, it } from "vitest";
import { Database, type Dialect, withDatabase } from "../../../src/models/index.ts";
import { dumpRows, type Fixture } from "../../../src/models/dump/dump-rows.ts";
import { loadRows } from "../../../src/models/dump/load-rows.ts";
import { MODELS } from "../models.ts";

const FIXTURE: Fixture = {
  Group: [{ id: 3, name: "staff" }],
  User: [
    { id: 1, username: "ada", email: null, password: "secret", active: true, group: 3 },
    { id: 7, username: "bób", email: "b@example.com", password: "", active: false, group: null },
  ],
  Tag: [
    { id: 1, name: "red" },
    { id: 2, name: "blue" },
  ],
  Note: [
    {
      id: 5,
      title: 'it\'s "quoted" \\ `ticks`',
      content: "two\nlines 😀",
      status: "published",
      quantity: -3,
      big: "9007199254740993",
      ratio: 0.1,
      price: "12.50",
      pinned: true,
      due: "2026-03-01",
      at: "09:30:00",
      createdAt: "2026-03-01T09:30:00.123Z",
      updatedAt: null,
      uuid: "123e4567-e89b-42d3-a456-426614174000",
      meta: { color: "blue", sizes: [1, 2] },
      data: Buffer.from([0, 255, 7]).toString("base64"),
      user: 1,
      reviewer: 7,
      tags: [1, 2],
    },
  ],
  // The child comes before its parent.
  Node: [
    { id: 1, name: "leaf", parent: 9 },
    { id: 9, name: "root", parent: null },
  ],
  Versioned: [{ id: 1, name: "v", version: 4 }],
  Invoice: [{ id: "123e4567-e89b-42d3-a456-426614174001", amount: 10, group: 3 }],
};

/** What dumpdata and loaddata promise, on one kind of database. */
export function fixtureContract(dialect: Dialect, address: () => Promise<string>): void {
  const opened: Database[] = [];
  let lastUrl = "";
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });

  async function open() {
    lastUrl = await address();
    const database = await Database.open({ url: lastUrl, models: MODELS });
    opened.push(database);
    await database.orm.schema.create();
    return database;
  }

  async function dump(database: Database): Promise<Fixture> {
    let text = "";
    await dumpRows(database, MODELS, (part) => {
      text += part;
    });
    return JSON.parse(text);
  }

  describe(`Rows as JSON on ${dialect}`, () => {
    it("come back as they were: every kind of field, relations, keys and counters", async () => {
      const database = await open();
      expect(await loadRows(database, JSON.stringify(FIXTURE), "a.json")).toEqual({ rows: 10 });
      const dumped = await dump(database);
      expect(dumped).toEqual(FIXTURE);
      expect(Object.keys(dumped).indexOf("Group")).toBeLessThan(Object.keys(dumped).indexOf("User"));
      const other = await open();
      await loadRows(other, JSON.stringify(dumped), "b.json");
      expect(await dump(other)).toEqual(FIXTURE);
      // The next key is not one that was loaded.
      const user = other.quote("user");
      await other.execute(`insert into ${user} (username) values ('next')`);
      const { rows } = await other.execute(`select id from ${user} where username = 'next'`);
      expect(Number(rows[0]?.["id"])).toBeGreaterThan(7);
    });

    it("take the place of rows with the same key, and leave others alone", async () => {
      const database = await open();
      await loadRows(database, JSON.stringify(FIXTURE), "a.json");
      const change = { Note: [{ id: 5, title: "changed", tags: [2] }], Tag: [{ id: 3, name: "green" }] };
      await loadRows(database, JSON.stringify(change), "b.json");
      const dumped = await dump(database);
      expect(dumped["Note"]).toEqual([{ ...FIXTURE["Note"]?.[0], title: "changed", tags: [2] }]);
      expect(dumped["Tag"]).toHaveLength(3);
    });

    it("exchange unique values, alone and together with others", async () => {
      const database = await open();
      await loadRows(database, JSON.stringify(FIXTURE), "a.json");
      const change = {
        Tag: [
          { id: 1, name: "blue" },
          { id: 2, name: "red" },
        ],
        User: [
          { id: 1, username: "bób" },
          { id: 7, username: "cy" },
          { id: 8, username: "ada" },
        ],
        Note: [
          { id: 6, title: "other", user: 1, uuid: "123e4567-e89b-42d3-a456-426614174009", createdAt: "2026-03-01T09:30:00.000Z" },
        ],
      };
      await loadRows(database, JSON.stringify(change), "b.json");
      const [first, second] = [FIXTURE["Note"]?.[0]?.["title"], "other"];
      const notes = {
        Note: [
          { id: 5, title: second, user: 1 },
          { id: 6, title: first, user: 1 },
        ],
      };
      await loadRows(database, JSON.stringify(notes), "c.json");
      const dumped = await dump(database);
      expect(dumped["Tag"]).toEqual(change.Tag);
      expect(dumped["User"]?.map(({ id, username }) => [id, username])).toEqual([
        [1, "bób"],
        [7, "cy"],
        [8, "ada"],
      ]);
      expect(dumped["Note"]?.map(({ id, title }) => [id, title])).toEqual([
        [5, second],
        [6, first],
      ]);
    });

    it("of models whose keys are each database's own keep the key that they have, and are referred to by it", async () => {
      const database = await open();
      await loadRows(database, JSON.stringify(FIXTURE), "a.json");
      const other = await open();
      const here = [
        { id: 1, name: "blue" },
        { id: 9, name: "red" },
        { id: 10, name: "green" },
      ];
      await loadRows(other, JSON.stringify({ Tag: here }), "tags.json");
      const file = { ...(await dump(database)), Tag: [...(FIXTURE["Tag"] ?? []), { id: 10, name: "new" }] };
      const matchBy = { Tag: ["name"] };
      await loadRows(other, JSON.stringify(file), "b.json", { matchBy });
      const dumped = await dump(other);
      expect(dumped["Tag"]).toEqual([...here, { id: 11, name: "new" }]);
      expect(dumped["Note"]?.[0]?.["tags"]).toEqual([1, 9]);
      const { Tag: _, ...rest } = file;
      await expect(loadRows(other, JSON.stringify(rest), "c.json", { matchBy })).rejects.toMatchObject({
        code: "FIXTURE_INVALID",
        message: expect.stringContaining("Note 5 refers to Tag 1, which is not in it"),
      });
    });

    it("are read in parts, whatever their keys are, while others write", async () => {
      const database = await open();
      const tags = Array.from({ length: 1_203 }, (_, index) => ({ id: index + 1, name: `tag ${index}` }));
      const group = { id: 1, name: "g" };
      const invoices = tags.map(({ id }) => ({ id: crypto.randomUUID(), amount: id, group: 1 }));
      await loadRows(database, JSON.stringify({ Tag: tags, Group: [group], Invoice: invoices }), "a.json");
      const beside = await Database.open({ url: lastUrl, models: MODELS, busyTimeout: 2_000 });
      opened.push(beside);
      let text = "";
      await dumpRows(database, MODELS, async (part) => {
        if (text === "" || part.includes('"tag 7"')) {
          await beside.execute(`insert into tag (name) values ('${text === "" ? "before the first read" : "late"}')`);
        }
        text += part;
      });
      const dumped = JSON.parse(text) as Fixture;
      const names = dumped["Tag"]?.map(({ name }) => name) ?? [];
      expect(names.filter((name) => String(name).startsWith("tag "))).toEqual(tags.map(({ name }) => name));
      expect(names).not.toContain("late");
      expect(new Set(dumped["Invoice"]?.map(({ id }) => id))).toEqual(new Set(invoices.map(({ id }) => id)));
      expect(dumped["Invoice"]).toHaveLength(invoices.length);
    });

    it.each([
      ["no JSON", "it is no JSON"],
      ["[]", "it holds no lists of rows by model"],
      ['{ "Nota": [] }', "there is no model Nota"],
      ['{ "Tag": [{ "id": 1, "name": "x", "colour": 1 }] }', "Tag row 1: there is no field colour"],
      ['{ "Tag": [{ "id": 1, "name": null }] }', "Tag row 1: name may not be empty"],
      ['{ "Tag": [{ "name": "x" }] }', "Tag row 1: the key id is missing"],
      ['{ "Note": [{ "id": 1, "title": "x", "quantity": "{}", "user": 1 }] }', "Note row 1: quantity: "],
      ['{ "Tag": [{ "id": { "$gt": 0 }, "name": "x" }] }', "Tag row 1: id: "],
    ])("are refused when they are wrong: %s", async (text, problem) => {
      const database = await open();
      await expect(loadRows(database, text, "bad.json")).rejects.toMatchObject({
        code: "FIXTURE_INVALID",
        message: expect.stringContaining(problem),
      });
    });

    it("are loaded whole or not at all", async () => {
      const database = await open();
      const broken = {
        Tag: [
          { id: 1, name: "same" },
          { id: 2, name: "same" },
        ],
        Group: [{ id: 1, name: "g" }],
      };
      await expect(loadRows(database, JSON.stringify(broken), "bad.json")).rejects.toMatchObject({
        code: "FIXTURE_INVALID",
        message: expect.stringMatching(/bad\.json .* Tag 2: .*Nothing was changed/),
      });
      const dangling = { User: [{ id: 1, username: "x", group: 99 }] };
      await expect(loadRows(database, JSON.stringify(dangling), "bad.json")).rejects.toMatchObject({
        code: "FIXTURE_INVALID",
      });
      const counts = await withDatabase(database, () => database.execute("select count(*) as n from tag"));
      expect(Number(counts.rows[0]?.["n"])).toBe(0);
      expect((await dump(database))["Group"]).toEqual([]);
    });
  });
}
