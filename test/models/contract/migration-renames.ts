import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { blog } from "../migration-models.ts";
import { fill, migrationProjects } from "../migration-project.ts";

/** What is kept of things that get another name, on one kind of database; `address` makes an empty database of it. */
export function migrationRenameContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);

  describe(`Renames on ${dialect}`, () => {
    it("keep the values of a field that gets another length or kind as well", async () => {
      const note = (more: Record<string, unknown>) =>
        [model("Note", { id: p.integer().primary(), ...more })] as unknown as ModelClass[];
      const { make, migrate, rows, drift } = await project(note({ title: p.string().length(20), rank: p.integer() }));
      await rows("insert into `note` (`id`, `title`, `rank`) values (1, 'one', 7)");
      const next = note({ heading: p.string().length(200), place: p.string().length(10) });
      await expect(make(next)).rejects.toMatchObject({
        code: "MIGRATION_ANSWERS_MISSING",
        details: [
          "Note.title went and Note.heading came: --rename Note.title:heading, or --drop Note.title",
          "Note.title went and Note.place came: --rename Note.title:place, or --drop Note.title",
          "Note.rank (number) went and Note.heading (text) came: --rename Note.rank:heading, or --drop Note.rank",
          "Note.rank (number) went and Note.place (text) came: --rename Note.rank:place, or --drop Note.rank",
        ],
      });
      await make(next, { answers: { renames: ["Note.title:heading", "Note.rank:place"] } });
      await migrate();
      expect(await rows("select `heading`, `place` from `note`")).toEqual([{ heading: "one", place: "7" }]);
      expect(await drift(next)).toBe("");
      expect(await make(next)).toEqual([]);
      await migrate({ target: "0001" });
      expect(await rows("select `title`, `rank` from `note`")).toEqual([{ title: "one", rank: 7 }]);
    });

    it("keep the members of a many-to-many field, and are asked about", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      const next = blog({ labels: "tags" });
      await expect(make(next)).rejects.toMatchObject({
        details: ["Post.labels went and Post.tags came: --rename Post.labels:tags, or --drop Post.labels"],
      });
      const asked: string[] = [];
      const confirm = async (question: string) => asked.push(question) > 0;
      await make(next, { answers: { ask: { confirm, text: async () => "" } } });
      expect(asked).toEqual(["Was Post.labels renamed to tags?"]);
      await migrate();
      expect(await rows("select * from `post_tags`")).toHaveLength(3);
      expect(await drift(next)).toBe("");
      const again = blog();
      const [made] = await make(again, { answers: { drops: ["Post.tags"] } });
      expect(made?.changes).toEqual([
        "Create many-to-many field Post.labels",
        "Remove many-to-many field Post.tags with its rows",
      ]);
    });

    it("may be a chain of models: one takes the name that another has given up", async () => {
      const of = (names: Record<string, string>) =>
        Object.entries(names).map(([name, field]) =>
          model(name, { id: p.integer().primary(), [field]: p.string().length(20) }),
        ) as unknown as ModelClass[];
      const { make, migrate, rows, drift } = await project(of({ Apple: "a", Berry: "b" }));
      await rows("insert into `apple` (`id`, `a`) values (1, 'apple')");
      await rows("insert into `berry` (`id`, `b`) values (1, 'berry')");
      const next = of({ Berry: "a", Cherry: "b" });
      await make(next, { answers: { renames: ["Apple:Berry", "Berry:Cherry"] } });
      await migrate();
      expect(await rows("select `a` from `berry`")).toEqual([{ a: "apple" }]);
      expect(await rows("select `b` from `cherry`")).toEqual([{ b: "berry" }]);
      expect(await drift(next)).toBe("");
      await migrate({ target: "0001" });
      expect(await rows("select `b` from `berry`")).toEqual([{ b: "berry" }]);
    });

    it.each([
      ["the alphabet", { Aa: "Bb", Bb: "Cc" }],
      ["the alphabet backwards", { Cc: "Bb", Bb: "Aa" }],
    ])("may be a chain of models with unique fields and indexes, in the order of %s", async (_, names) => {
      const of = (all: readonly string[]) =>
        all.map((name, index) =>
          model(
            name,
            { id: p.integer().primary(), code: p.string().length(20).unique(), [`of${index}`]: p.integer().default(0) },
            {
              indexes: [
                [`of${index}`, "code"],
                ["code", `of${index}`],
              ] as never,
            },
          ),
        ) as unknown as ModelClass[];
      const [before, after] = [Object.keys(names), Object.values(names)];
      const { make, migrate, rows, drift } = await project(of(before));
      for (const name of before) await rows(`insert into \`${name.toLowerCase()}\` (\`code\`) values ('was ${name}')`);
      const next = of(after);
      await make(next, { answers: { renames: Object.entries(names).map((pair) => pair.join(":")) } });
      await migrate();
      expect(await drift(next)).toBe("");
      for (const [index, name] of after.entries())
        expect(await rows(`select \`code\` from \`${name.toLowerCase()}\``)).toEqual([
          { code: `was ${before[index]}` },
        ]);
      await expect(rows(`insert into \`bb\` (\`code\`) values ('was ${before[0]}')`)).rejects.toMatchObject({
        kind: "unique",
      });
      await migrate({ target: "0001" });
      expect(await drift(of(before))).toBe("");
      for (const name of before)
        expect(await rows(`select \`code\` from \`${name.toLowerCase()}\``)).toEqual([{ code: `was ${name}` }]);
      expect((await migrate()).applied).toHaveLength(1);
    });

    it("free the names of several long indexes", async () => {
      const of = (name: string, more: readonly string[] = []) => {
        const field = (end: string) => `${"averylongnamethatisnearlythelengthofaname"}${end}`;
        const fields = ["one", "two"].map((end) => [field(end), p.integer().default(0)] as const);
        const added = more.map((one) => [one, p.integer().default(0)] as const);
        return model(
          name,
          { id: p.integer().primary(), ...Object.fromEntries([...fields, ...added]) },
          {
            tableName: `${name.toLowerCase()}_of_a_table`,
            indexes: fields.map(([one]) => [one]) as never,
          },
        );
      };
      const { make, migrate } = await project([of("First")] as unknown as ModelClass[]);
      const next = [of("Other", ["extra"]), of("First")] as unknown as ModelClass[];
      await make(next, { answers: { renames: ["First:Other"] } });
      await migrate();
      expect(await make(next)).toEqual([]);
      await migrate({ target: "0001" });
      expect((await migrate()).applied).toHaveLength(1);
    });

    it("keep the rows of a model that has hardly a field in common with what it was", async () => {
      const text = () => p.string().length(20);
      const Tag = model("Tag", { id: p.integer().primary(), name: text() });
      const tags = () => p.manyToMany(Tag);
      const Book = model("Book", { id: p.integer().primary(), a: text(), b: text(), c: text(), d: text(), tags });
      const Novel = model("Novel", { id: p.integer().primary(), a: text(), x: text(), y: text(), z: text(), tags });
      const [before, after] = [
        [Book, Tag],
        [Novel, Tag],
      ] as unknown as [ModelClass[], ModelClass[]];
      const { make, migrate, rows, drift } = await project(before);
      await rows("insert into `book` (`id`, `a`, `b`, `c`, `d`) values (1, 'a', 'b', 'c', 'd')");
      await rows("insert into `tag` (`id`, `name`) values (1, 'red')");
      await rows("insert into `book_tags` (`book_id`, `tag_id`) values (1, 1)");
      await expect(make(after)).rejects.toMatchObject({
        details: ["The model Book went and Novel came: --rename Book:Novel, or --drop Book"],
      });
      const renames = ["Book:Novel", "Novel.b:x", "Novel.c:y", "Novel.d:z"];
      await make(after, { answers: { renames } });
      await migrate();
      expect(await rows("select * from `novel`")).toEqual([{ id: 1, a: "a", x: "b", y: "c", z: "d" }]);
      expect(await rows("select * from `novel_tags`")).toEqual([{ novel_id: 1, tag_id: 1 }]);
      expect(await drift(after)).toBe("");
      await migrate({ target: "0001" });
      expect(await rows("select `b`, `d` from `book`")).toEqual([{ b: "b", d: "d" }]);
    });

    it("carry values on where one field takes the name of another, or a new one the old name", async () => {
      const note = (...names: string[]) => {
        const fields = names.map((name) => [name, p.string().length(20).unique()]);
        return [model("Note", { id: p.integer().primary(), ...Object.fromEntries(fields) })] as unknown as ModelClass[];
      };
      const { make, migrate, rows, drift } = await project(note("first", "second"));
      await rows("insert into `note` (`id`, `first`, `second`) values (1, 'a', 'b')");
      const next = note("first", "second", "third");
      const renames = ["Note.first:second", "Note.second:third"];
      await make(next, { answers: { renames, defaults: ["Note.first=new"] } });
      await migrate();
      expect(await rows("select `first`, `second`, `third` from `note`")).toEqual([
        { first: "new", second: "a", third: "b" },
      ]);
      expect(await drift(next)).toBe("");
      await migrate({ target: "0001" });
      expect(await rows("select `first`, `second` from `note`")).toEqual([{ first: "a", second: "b" }]);
    });

    it("may change the case of letters alone, of a model, a field and a table", async () => {
      const of = (name: string, field: string, tableName?: string) =>
        [
          model(
            name,
            { id: p.integer().primary(), [field]: p.string().length(20).fieldName(field) },
            tableName ? { tableName } : {},
          ),
        ] as unknown as ModelClass[];
      const { make, migrate, rows, drift } = await project(of("NoteBook", "Title", "NoteBook"));
      await rows("insert into `NoteBook` (`id`, `Title`) values (1, 'one')");
      const next = of("Notebook", "title", "notebook");
      await make(next, { answers: { renames: ["NoteBook:Notebook", "Notebook.Title:title"] } });
      await migrate();
      expect(await rows("select * from `notebook`")).toEqual([{ id: 1, title: "one" }]);
      expect(await drift(next)).toBe("");
      expect(await make(next)).toEqual([]);
      await migrate({ target: "0001" });
      expect(await rows("select * from `NoteBook`")).toEqual([{ id: 1, Title: "one" }]);
    });

    it("free a name for a new model and new fields in the same migration, there and back", async () => {
      const Owner = model("Owner", { id: p.integer().primary() });
      const text = () => p.string().length(20);
      const customer = (name: string, fields: Record<string, unknown> = {}) =>
        model(
          name,
          {
            id: p.integer().primary(),
            email: text().unique(),
            kind: p.enum(["a", "b"]).default("a"),
            owner: () => p.manyToOne(Owner).nullable(),
            friends: () => p.manyToMany(Owner),
            ...fields,
          },
          { indexes: [["kind"]], uniqueTogether: [["kind", "email"]] },
        );
      const before = [Owner, customer("Customer")] as unknown as ModelClass[];
      const after = [
        Owner,
        customer("Client", { mail: text().unique(), email: p.integer().unique().nullable() }),
        customer("Customer"),
      ] as unknown as ModelClass[];
      const { make, migrate, rows } = await project(before);
      await rows("insert into `customer` (`email`) values ('ada')");
      await rows("insert into `owner` (`id`) values (7)");
      await rows("insert into `customer_friends` (`customer_id`, `owner_id`) values (1, 7)");
      await make(after, { answers: { renames: ["Customer:Client", "Client.email:mail"] } });
      await migrate();
      await rows("insert into `customer` (`email`) values ('bob')");
      expect(await rows("select `mail`, `email` from `client`")).toEqual([{ mail: "ada", email: null }]);
      expect(await rows("select * from `client_friends`")).toEqual([{ client_id: 1, owner_id: 7 }]);
      expect(await rows("select * from `customer_friends`")).toEqual([]);
      expect(await make(after)).toEqual([]);
      await expect(rows("insert into `client` (`mail`) values ('ada')")).rejects.toMatchObject({ kind: "unique" });
      await expect(rows("insert into `customer` (`email`) values ('bob')")).rejects.toMatchObject({ kind: "unique" });
      await migrate({ target: "0001" });
      expect(await rows("select `email` from `customer`")).toEqual([{ email: "ada" }]);
      expect(await rows("select * from `customer_friends`")).toEqual([{ customer_id: 1, owner_id: 7 }]);
      await expect(rows("insert into `customer` (`email`) values ('ada')")).rejects.toMatchObject({ kind: "unique" });
      expect((await migrate()).applied).toHaveLength(1);
    });
  });
}
