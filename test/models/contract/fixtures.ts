import { afterEach, describe, expect, it } from "vitest";
import { Database, type Dialect, type ModelClass, model, p, withDatabase } from "../../../src/models/index.ts";
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

async function dumpOf(database: Database, models: readonly ModelClass[]): Promise<Fixture> {
  let text = "";
  await dumpRows(database, models, (part) => {
    text += part;
  });
  return JSON.parse(text);
}

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

  const dump = (database: Database) => dumpOf(database, MODELS);

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

    it("come back where a required reference leads to a row of the same model that comes later", async () => {
      const Page: unknown = model("Page", { id: p.integer().primary(), home: () => p.manyToOne(Page as never) as never });
      const models = [Page] as ModelClass[];
      const at = async () => {
        const database = await Database.open({ url: await address(), models });
        opened.push(database);
        await database.orm.schema.create();
        return database;
      };
      const pages = {
        Page: [
          { id: 1, home: 2 },
          { id: 2, home: 2 },
          { id: 3, home: 4 },
          { id: 4, home: 3 },
        ],
      };
      const database = await at();
      await loadRows(database, JSON.stringify(pages), "a.json");
      expect(await dumpOf(database, models)).toEqual(pages);
      const change = { Page: [{ id: 1, home: 4 }, { id: 5, home: 6 }, { id: 6, home: 1 }] };
      await loadRows(database, JSON.stringify(change), "b.json");
      expect((await dumpOf(database, models))["Page"]).toEqual([
        { id: 1, home: 4 },
        ...pages.Page.slice(1),
        ...change.Page.slice(1),
      ]);
      const broken = { Page: [{ id: 7, home: 99 }] };
      await expect(loadRows(database, JSON.stringify(broken), "c.json")).rejects.toMatchObject({ code: "FIXTURE_INVALID" });
    });

    it("are refused with the fields where required references of two models go round in a circle; SQLite looks at the end", async () => {
      const Egg: unknown = model("Egg", { id: p.integer().primary(), hen: () => p.manyToOne(Hen as never) as never });
      const Hen: unknown = model("Hen", { id: p.integer().primary(), egg: () => p.manyToOne(Egg as never) as never });
      const database = await Database.open({ url: await address(), models: [Egg, Hen] as ModelClass[] });
      opened.push(database);
      await database.orm.schema.create();
      const circle = { Egg: [{ id: 1, hen: 2 }], Hen: [{ id: 2, egg: 1 }] };
      const loaded = loadRows(database, JSON.stringify(circle), "a.json");
      if (dialect === "sqlite") {
        await loaded;
        expect(await dumpOf(database, [Egg, Hen] as ModelClass[])).toEqual(circle);
        const broken = JSON.stringify({ Egg: [{ id: 3, hen: 9 }], Hen: [] });
        await expect(loadRows(database, broken, "b.json")).rejects.toMatchObject({ kind: "foreignKey" });
      } else {
        await expect(loaded).rejects.toMatchObject({
          code: "FIXTURE_INVALID",
          message: expect.stringMatching(/(?:Egg\.hen|Hen\.egg) may not be empty meanwhile/),
        });
      }
    });

    it("of a model whose class has no name are loaded like others", async () => {
      const named = () => class extends model("Account", { id: p.integer().primary(), name: p.string() }) {};
      const [Account] = [named()];
      const Post = model("Post", { id: p.integer().primary(), by: () => p.manyToOne(Account) });
      const database = await Database.open({ url: await address(), models: [Account, Post] as never });
      opened.push(database);
      await database.orm.schema.create();
      const rows = { Account: [{ id: 1, name: "ada" }], Post: [{ id: 1, by: 1 }] };
      await loadRows(database, JSON.stringify(rows), "a.json");
      expect(await dumpOf(database, [Account, Post] as never)).toEqual(rows);
    });

    it("of a model that is the table between two others are its own: they keep what they hold besides the pair", async () => {
      const Club = model("Club", { id: p.integer().primary(), name: p.string() });
      const Person: unknown = model("Person", {
        id: p.integer().primary(),
        groups: () => p.manyToMany(Club).pivotEntity(() => Membership as never),
        friends: () => p.manyToMany(Person as never) as never,
      });
      const Membership: unknown = model("Membership", {
        id: p.integer().primary(),
        person: () => p.manyToOne(Person as never) as never,
        club: () => p.manyToOne(Club) as never,
        role: p.string().default("member"),
      });
      const models = [Person, Club, Membership] as ModelClass[];
      const at = async () => {
        const database = await Database.open({ url: await address(), models });
        opened.push(database);
        await database.orm.schema.create();
        return database;
      };
      const rows = {
        Person: [
          { id: 1, friends: [2, 1] },
          { id: 2, friends: [] },
        ],
        Club: [
          { id: 1, name: "a" },
          { id: 2, name: "b" },
        ],
        Membership: [
          { id: 3, person: 1, club: 2, role: "head" },
          { id: 4, person: 1, club: 2, role: "again" },
          { id: 5, person: 2, club: 1, role: "member" },
        ],
      };
      const dumped = { ...rows, Person: [{ id: 1, friends: [1, 2] }, rows.Person[1]] };
      const [database, other] = [await at(), await at()];
      await loadRows(database, JSON.stringify(rows), "a.json");
      expect(await dumpOf(database, models)).toEqual(dumped);
      await loadRows(other, JSON.stringify(dumped), "b.json");
      await loadRows(other, JSON.stringify({ Person: rows.Person }), "c.json");
      expect(await dumpOf(other, models)).toEqual(dumped);
      const named = loadRows(other, JSON.stringify({ Person: [{ id: 1, groups: [1] }] }), "d.json");
      await expect(named).rejects.toMatchObject({
        code: "FIXTURE_INVALID",
        message: expect.stringContaining("Person row 1: groups is stored in rows of Membership"),
      });
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
