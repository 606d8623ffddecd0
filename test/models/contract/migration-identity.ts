import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

type Ordered = ReturnType<ReturnType<typeof p.manyToMany>["pivotTable"]>;

/** Names of tables and columns that others take in the same migration, on one kind of database. */
export function migrationIdentityContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const id = () => p.integer().primary();
  const text = () => p.string().length(20);
  const models = (...all: unknown[]) => all as ModelClass[];

  describe(`Names that are given up and taken in one migration on ${dialect}`, () => {
    it.each([
      ["two exchange theirs", { a: "y", b: "x" }, ["x", "y"], ["b", "a"]],
      ["each takes the next one's", { a: "y", b: "z" }, ["y", "z"], ["a", "b"]],
      ["a new one takes an old one's", { a: "old", b: "y", c: "x" }, ["old", "y", "x"], ["a", "b", ""]],
      ["one takes the name of a removed one", { b: "x" }, ["x"], ["b"]],
    ])("fields keep their values: %s", async (_, columns, read, values) => {
      const note = (names: object) => {
        const fields = Object.entries(names).map(([name, column]) => [
          name,
          name === "c" ? text().fieldName(column).default("") : text().fieldName(column).unique(),
        ]);
        return models(model("Note", { id: id(), ...Object.fromEntries(fields) }));
      };
      const before = note({ a: "x", b: "y" });
      const { make, migrate, rows, drift } = await project(before);
      await rows("insert into `note` (`x`, `y`) values ('a', 'b')");
      await make(note(columns));
      await migrate();
      const [row] = await rows("select * from `note`");
      expect(read.map((column) => row?.[column])).toEqual(values);
      expect(await drift(note(columns))).toBe("");
      expect(await make(note(columns))).toEqual([]);
      await migrate({ target: "0001" });
      expect(await drift(before)).toBe("");
      const kept = "a" in columns ? { x: "a", y: "b" } : { x: "", y: "b" };
      expect(await rows("select `x`, `y` from `note`")).toEqual([kept]);
    });

    it.each([
      ["two exchange theirs", { Aa: "y", Bb: "x" }, { x: "Bb", y: "Aa" }],
      ["a new one takes an old one's", { Aa: "old", Bb: "y", Cc: "x" }, { old: "Aa", y: "Bb", x: undefined }],
      ["one takes the name of a removed one", { Bb: "x" }, { x: "Bb" }],
    ])("models keep their rows and what refers to them: %s", async (_, names, read) => {
      const of = (tables: object) => {
        const all = Object.entries(tables).map(([name, tableName]) => {
          const Own: ModelClass = model(
            name,
            { id: id(), name: text().unique(), parent: () => p.manyToOne(Own as never).nullable() as never },
            { tableName },
          ) as never;
          return Own;
        });
        const Last = all[Object.keys(tables).indexOf("Bb")];
        return models(...all, model("Note", { id: id(), one: () => p.manyToOne(Last as never) }));
      };
      const before = of({ Aa: "x", Bb: "y" });
      const { make, migrate, rows, drift } = await project(before);
      for (const [table, name] of [
        ["x", "Aa"],
        ["y", "Bb"],
      ])
        await rows(`insert into \`${table}\` (\`id\`, \`name\`, \`parent_id\`) values (7, '${name}', 7)`);
      await rows("insert into `note` (`id`, `one_id`) values (1, 7)");
      await make(of(names));
      await migrate();
      for (const [table, name] of Object.entries(read))
        expect(await rows(`select \`name\` from \`${table}\``)).toEqual(name === undefined ? [] : [{ name }]);
      expect(await drift(of(names))).toBe("");
      expect(await make(of(names))).toEqual([]);
      await expect(rows("insert into `note` (`id`, `one_id`) values (2, 8)")).rejects.toMatchObject({
        kind: "foreignKey",
      });
      await migrate({ target: "0001" });
      expect(await drift(before)).toBe("");
      expect(await rows("select `name` from `y`")).toEqual([{ name: "Bb" }]);
      expect(await rows("select `name` from `x`")).toEqual("Aa" in names ? [{ name: "Aa" }] : []);
    });

    const taken = [
      ["two exchange theirs", ["home", "away"], ["away", "home"], { renames: ["Game.home:away", "Game.away:home"] }],
      ["a new one takes an old one's", ["home"], ["away", "home"], { renames: ["Game.home:away"] }],
      [
        "one takes the name of a removed one",
        ["home", "away"],
        ["away"],
        { renames: ["Game.home:away"], drops: ["Game.away"] },
      ],
    ] as const;
    const kinds = taken.flatMap((one) => [
      [...one, false] as const,
      [`${one[0]}, one of them a one-to-one`, ...one.slice(1), true] as unknown as readonly [...typeof one, boolean],
    ]);
    it.each(kinds)(
      "relations keep their values and what they refer to: %s",
      async (_, fields, later, answers, once) => {
        const game = ([first = "", second = ""]: readonly string[]) => {
          const [Club, Place] = [model("Club", { id: id() }), model("Place", { id: id() })];
          const place = { [second]: () => p.manyToOne(Place as never).nullable() as never };
          const club = () => (once ? p.oneToOne(Club as never) : p.manyToOne(Club as never)).nullable() as never;
          return models(Club, Place, model("Game", { id: id(), [first]: club, ...(second ? place : {}) }));
        };
        const before = game(fields);
        const { make, migrate, rows, drift } = await project(before);
        await rows("insert into `club` (`id`) values (1)");
        await rows("insert into `place` (`id`) values (7)");
        const all = fields.length === 2;
        await rows(`insert into \`game\` (\`home_id\`${all ? ", `away_id`" : ""}) values (1${all ? ", 7" : ""})`);
        await make(game(later), { answers });
        await migrate();
        const [row] = await rows("select * from `game`");
        const values = { away_id: 1, ...(later.length === 2 ? { home_id: all ? 7 : null } : {}) };
        expect(row).toEqual({ id: 1, ...values });
        expect(await drift(game(later))).toBe("");
        expect(await make(game(later))).toEqual([]);
        await expect(rows("insert into `game` (`away_id`) values (7)")).rejects.toMatchObject({ kind: "foreignKey" });
        if (once)
          await expect(rows("insert into `game` (`away_id`) values (1)")).rejects.toMatchObject({ kind: "unique" });
        await migrate({ target: "0001" });
        expect(await drift(before)).toBe("");
        expect(await rows("select `home_id` from `game`")).toEqual([{ home_id: 1 }]);
        await expect(rows("insert into `game` (`home_id`) values (7)")).rejects.toMatchObject({ kind: "foreignKey" });
      },
    );

    it.each([
      ["two exchange theirs", { a: "y", b: "x" }],
      ["a new one takes an old one's", { a: "y", c: "x" }],
    ])("enums keep their values and may get more: %s", async (_, columns) => {
      const note = (names: object, more: readonly string[] = []) => {
        const items: { readonly [name: string]: readonly string[] } = { a: ["p", "q"], b: ["r", "s"], c: ["r", "s"] };
        const fields = Object.entries(names).map(([name, column]) => {
          const all = [...(items[name] ?? []), ...(name === "a" ? more : [])];
          return [
            name,
            p
              .enum(all)
              .default(all[0] as string)
              .fieldName(column),
          ];
        });
        return models(model("Note", { id: id(), ...Object.fromEntries(fields) }));
      };
      const before = note("b" in columns ? { a: "x", b: "y" } : { a: "x" });
      const { make, migrate, rows, drift } = await project(before);
      await rows("insert into `note` (`x`) values ('q')");
      const isRefused = (values: string) =>
        expect(rows(`insert into \`note\` (\`x\`, \`y\`) values (${values})`)).rejects.toThrow();
      await make(note(columns));
      await migrate();
      await isRefused("'p', 'q'");
      await isRefused("'r', 's'");
      expect(await drift(note(columns))).toBe("");
      await make(note(columns, ["z"]));
      await migrate();
      await rows("insert into `note` (`x`, `y`) values ('s', 'z')");
      await rows("delete from `note` where `y` = 'z'");
      await isRefused("'p', 'q'");
      expect(await rows("select `x`, `y` from `note`")).toEqual([{ x: "r", y: "q" }]);
      expect(await make(note(columns, ["z"]))).toEqual([]);
      await migrate({ target: "0001" });
      expect(await rows("select `x` from `note`")).toEqual([{ x: "q" }]);
      await expect(rows("insert into `note` (`x`) values ('r')")).rejects.toThrow();
      expect(await drift(before)).toBe("");
    });

    it("many-to-many fields keep their rows when they exchange tables", async () => {
      const club = (tables: readonly [string, string]) => {
        const Club = model("Club", { id: id() });
        const [all, some] = tables.map((table) => () => p.manyToMany(Club as never).pivotTable(table));
        return models(Club, model("Person", { id: id(), all: all as never, some: some as never }));
      };
      const before = club(["person_x", "person_y"]);
      const { make, migrate, rows, drift } = await project(before);
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      await rows("insert into `person_x` (`person_id`, `club_id`) values (1, 2)");
      await make(club(["person_y", "person_x"]));
      await migrate();
      expect(await rows("select * from `person_x`")).toEqual([]);
      expect(await rows("select * from `person_y`")).toEqual([{ person_id: 1, club_id: 2 }]);
      expect(await drift(club(["person_y", "person_x"]))).toBe("");
      await migrate({ target: "0001" });
      expect(await rows("select * from `person_x`")).toEqual([{ person_id: 1, club_id: 2 }]);
      expect(await drift(before)).toBe("");
    });

    it("a many-to-many field keeps its rows when the other side declares it", async () => {
      const people = (first: boolean) => {
        const [own, mapped] = [
          (other: unknown) => p.manyToMany(other as never),
          (other: unknown, by: string) => p.manyToMany(other as never).mappedBy(by as never),
        ];
        const Club: ModelClass = model("Club", {
          id: id(),
          people: () => (first ? mapped(Person, "clubs") : own(Person)) as never,
        }) as never;
        const Person: ModelClass = model("Person", {
          id: id(),
          clubs: () => (first ? own(Club) : mapped(Club, "people")) as never,
          likes: () => (first ? own(Person) : mapped(Person, "likedBy")) as never,
          likedBy: () => (first ? mapped(Person, "likes") : own(Person)) as never,
        }) as never;
        return models(Club, Person);
      };
      const { make, migrate, rows, files, drift } = await project(people(true));
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      await rows("insert into `person_clubs` (`person_id`, `club_id`) values (1, 2)");
      await rows("insert into `person_likes` (`person_1_id`, `person_2_id`) values (1, 2)");
      const [made] = await make(people(false));
      expect(made?.changes.slice(0, 2)).toEqual([
        "Rename Person.clubs to Club.people",
        "Rename Person.likes to Person.likedBy",
      ]);
      await migrate();
      expect(await rows("select * from `club_people`")).toMatchObject([{ person_id: 1, club_id: 2 }]);
      // Whom somebody likes is liked by them.
      expect(await rows("select * from `person_liked_by`")).toMatchObject([{ person_1_id: 2, person_2_id: 1 }]);
      expect(await drift(people(false))).toBe("");
      expect(await make(people(false))).toEqual([]);
      expect(files().filter((file) => file.endsWith(".ts"))).toHaveLength(2);
      await migrate({ target: "0001" });
      expect(await rows("select * from `person_likes`")).toEqual([{ person_1_id: 1, person_2_id: 2 }]);
      expect(await drift(people(true))).toBe("");
    });

    it("a many-to-many field keeps its rows as a model that has its table", async () => {
      const people = (through: boolean) => {
        const Club = model("Club", { id: id() });
        const clubs = () => p.manyToMany(Club as never).pivotTable("member");
        const Person = model("Person", { id: id(), ...(through ? {} : { clubs: clubs as never }) });
        const [person, club] = [Person, Club].map((one) => () => p.manyToOne(one as never));
        const Member = model("Member", { id: id(), person: person as never, club: club as never });
        return models(Club, Person, ...(through ? [Member] : []));
      };
      const { make, migrate, rows } = await project(people(false));
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      await rows("insert into `member` (`person_id`, `club_id`) values (1, 2)");
      const [made] = await make(people(true));
      expect(made?.changes[0]).toBe("Rename Person.clubs to Member (table member)");
      expect(made?.changes.join("\n")).not.toContain("Remove");
      expect(await make(people(true))).toEqual([]);
      if (dialect !== "sqlite") return;
      await migrate();
      expect(await rows("select * from `member`")).toEqual([{ id: 1, person_id: 1, club_id: 2 }]);
    });

    const orders = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ] as const;
    it.each(orders)("a model between two others stays as it is, listed as %i, %i, %i", async (...order) => {
      const people = (more: object = {}, role = "role", through = true) => {
        const Club = model("Club", { id: id() });
        const clubs = () => p.manyToMany(Club as never).pivotEntity(() => Member as never);
        const Person: ModelClass = model("Person", {
          id: id(),
          ...more,
          ...(through ? { clubs: clubs as never } : {}),
        });
        const [person, club] = [Person, Club].map((one) => () => p.manyToOne(one as never));
        const Member: ModelClass = model("Member", {
          id: id(),
          person: person as never,
          club: club as never,
          [role]: text().default("m"),
        });
        return models(...order.map((index) => [Club, Person, Member][index]));
      };
      const { make, migrate, rows, drift } = await project(people());
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      await rows("insert into `member` (`id`, `person_id`, `club_id`, `role`) values (7, 1, 2, 'head')");
      expect(await make(people())).toEqual([]);
      const more = { age: p.integer().default(0) };
      expect(await make(people(more))).toMatchObject([{ changes: ["Add Person.age"] }]);
      const answers = { renames: ["Member.role:rank"] };
      expect(await make(people(more, "rank"), { answers })).toMatchObject([
        { changes: ["Rename Member.role to rank"] },
      ]);
      expect(await make(people(more, "rank", false))).toEqual([]);
      await migrate();
      expect(await rows("select * from `member`")).toEqual([{ id: 7, person_id: 1, club_id: 2, rank: "head" }]);
      expect(await drift(people(more, "rank"))).toBe("");
      await migrate({ target: "0001" });
      expect(await rows("select * from `member`")).toEqual([{ id: 7, person_id: 1, club_id: 2, role: "head" }]);
    });

    it.each([
      ["a column of the ORM's own", (field: Ordered) => field.fixedOrder(), "id"],
      ["a column with a name", (field: Ordered) => field.fixedOrderColumn("place"), "place"],
    ])("a many-to-many field keeps the order of its rows in %s", async (_, ordered, column) => {
      const people = (table: string, more: object = {}) => {
        const Club = model("Club", { id: id(), ...more });
        const clubs = () => ordered(p.manyToMany(Club as never).pivotTable(table) as unknown as Ordered);
        return models(Club, model("Person", { id: id(), clubs: clubs as never }));
      };
      const { make, migrate, rows, drift } = await project(people("person_clubs"));
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      const put = `insert into \`person_clubs\` (\`${column}\`, \`person_id\`, \`club_id\`) values`;
      await rows(`${put} (5, 1, 2), (9, 1, 1)`);
      expect(await make(people("person_clubs"))).toEqual([]);
      const more = { age: p.integer().default(0) };
      expect(await make(people("person_clubs", more))).toMatchObject([{ changes: ["Add Club.age"] }]);
      await make(people("members", more));
      await migrate();
      const kept = [
        { place: 5, club_id: 2 },
        { place: 9, club_id: 1 },
      ];
      const read = (table: string) => rows(`select \`${column}\` as place, \`club_id\` from \`${table}\` order by 1`);
      expect(await read("members")).toEqual(kept);
      expect(await drift(people("members", more))).toBe("");
      await migrate({ target: "0001" });
      expect(await read("person_clubs")).toEqual(kept);
    });

    it("a name that only the code has is kept too, so that a later migration tells who had which", async () => {
      const note = (columns: Record<string, string>) => {
        const fields = Object.entries(columns).map(([name, column]) => [name, text().fieldName(column).default("")]);
        return models(model("Note", { id: id(), ...Object.fromEntries(fields) }));
      };
      const { make, migrate, rows } = await project(note({ a: "x" }));
      await rows("insert into `note` (`x`) values ('value')");
      const [made] = await make(note({ b: "x" }));
      expect(made).toMatchObject({ changes: ["Rename Note.a to b (column x)"], up: [], down: [] });
      await make(note({ b: "y", a: "x" }));
      await migrate();
      expect(await rows("select `x`, `y` from `note`")).toEqual([{ x: "", y: "value" }]);
    });
  });
}
