import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import { pendingMigrations } from "../../../src/models/migrations/migrate.ts";
import { blog } from "../migration-models.ts";
import { fill, migrationProjects } from "../migration-project.ts";

/** What makemigrations promises, on one kind of database; `address` makes an empty database of it. */
export function migrationContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);

  describe(`Migrations on ${dialect}`, () => {
    it("make the tables of the models, and nothing the second time", async () => {
      const { make, migrate, database, folder, drift, files } = await project();
      expect(await drift(blog())).toBe("");
      expect(await make(blog())).toEqual([]);
      expect(await migrate()).toEqual({ applied: [], undone: [], warnings: [] });
      expect(await pendingMigrations(database, { folder })).toEqual([]);
      expect(files().filter((file) => file.endsWith(".ts"))).toEqual(["0001_initial.ts"]);
    });

    it("keep every row that refers to a table when one of its columns becomes nullable", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      const [made] = await make(blog({ nullableName: true }));
      expect(made?.changes).toEqual(["Change Author.name (nullable)"]);
      expect((await migrate()).applied).toEqual(["0002_change_author_name"]);
      expect(await rows("select `id`, `author_id`, `editor_id` from `post` order by `id`")).toEqual([
        { id: 1, author_id: 1, editor_id: 2 },
        { id: 2, author_id: 1, editor_id: null },
        { id: 3, author_id: 2, editor_id: 1 },
      ]);
      expect(await rows("select * from `post_labels`")).toHaveLength(3);
      expect(await drift(blog({ nullableName: true }))).toBe("");
      // References still count, and rows still go with those that they refer to.
      await expect(rows("insert into `post` (`id`, `title`, `author_id`) values (9, 'x', 99)")).rejects.toMatchObject({
        kind: "foreignKey",
      });
      await rows("delete from `author` where `id` = 1");
      expect(await rows("select `id` from `post`")).toEqual([{ id: 3 }]);
    });

    it("go back, and forth again, with rows in the tables between", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      await make(blog({ nullableName: true }));
      await migrate();
      expect((await migrate({ target: "0001" })).undone).toEqual(["0002_change_author_name"]);
      expect(await rows("select * from `post_labels`")).toHaveLength(3);
      expect(await drift(blog())).toBe("");
      expect((await migrate({ target: "zero" })).undone).toEqual(["0001_initial"]);
      await expect(rows("select * from `author`")).rejects.toThrow();
      expect((await migrate()).applied).toEqual(["0001_initial", "0002_change_author_name"]);
      expect(await rows("select * from `author`")).toEqual([]);
    });

    it("rename a field and keep its values, when that is the answer", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      const next = blog({ without: ["title"], post: { heading: p.string().length(100) } });
      await expect(make(next)).rejects.toMatchObject({
        code: "MIGRATION_ANSWERS_MISSING",
        details: ["Post.title went and Post.heading came: --rename Post.title:heading, or --drop Post.title"],
      });
      const asked: string[] = [];
      const ask = {
        confirm: async (question: string) => asked.push(question) > 0,
        text: async () => {
          throw new Error("Nothing to fill.");
        },
      };
      await make(next, { answers: { ask } });
      expect(asked).toEqual(["Was Post.title renamed to heading?"]);
      await migrate();
      expect(await rows("select `heading` from `post` order by `id`")).toEqual([
        { heading: "one" },
        { heading: "two" },
        { heading: "three" },
      ]);
      expect(await drift(next)).toBe("");
      expect(await make(next)).toEqual([]);
      await migrate({ target: "0001" });
      expect(await rows("select `title` from `post` where `id` = 3")).toEqual([{ title: "three" }]);
    });

    it("rename a relation, a field with rules and a many-to-many field, and keep what they hold", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      const parts = blog();
      const writer = () => p.manyToOne(parts[0] as never).deleteRule("cascade");
      const models = blogParts(parts, {
        writer,
        state: p.enum(["draft", "published"] as const).default("draft"),
        score: p.integer().default(0),
        tags: () => p.manyToMany(parts[1] as never),
      });
      const renames = ["Post.author:writer", "Post.status:state", "Post.rating:score", "Post.labels:tags"];
      await make(models, { answers: { renames } });
      await migrate();
      expect(await rows("select `id`, `writer_id`, `state`, `score` from `post` order by `id`")).toEqual([
        { id: 1, writer_id: 1, state: "draft", score: 0 },
        { id: 2, writer_id: 1, state: "draft", score: 0 },
        { id: 3, writer_id: 2, state: "draft", score: 0 },
      ]);
      expect(await rows("select * from `post_tags`")).toHaveLength(3);
      await expect(rows("update `post` set `state` = 'odd' where `id` = 1")).rejects.toThrow();
      expect(await drift(models)).toBe("");
      expect(await make(models)).toEqual([]);
      await migrate({ target: "0001" });
      expect(await rows("select `author_id`, `status` from `post` where `id` = 3")).toEqual([
        { author_id: 2, status: "draft" },
      ]);
      expect(await rows("select * from `post_labels`")).toHaveLength(3);
    });

    it("rename a model with its rows, and the tables between with theirs", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      const next = blog({ postName: "Article" });
      await expect(make(next)).rejects.toMatchObject({ code: "MIGRATION_ANSWERS_MISSING" });
      await make(next, { answers: { renames: ["Post:Article"] } });
      await migrate();
      expect(await rows("select `title`, `author_id` from `article` order by `id`")).toHaveLength(3);
      expect(await rows("select `article_id`, `label_id` from `article_labels` order by 1, 2")).toEqual([
        { article_id: 1, label_id: 1 },
        { article_id: 1, label_id: 2 },
        { article_id: 3, label_id: 1 },
      ]);
      expect(await drift(next)).toBe("");
      expect(await make(next)).toEqual([]);
      await rows("delete from `author` where `id` = 1");
      expect(await rows("select * from `article_labels`")).toHaveLength(1);
    });

    it("ask what rows that are there get in a field that may not be empty", async () => {
      const { make, migrate, rows, drift } = await project();
      await fill(rows);
      await rows("update `author` set `email` = 'ada@example.com' where `id` = 1");
      const next = blog({
        post: {
          slug: p.string().length(50),
          rank: p.integer(),
          at: p.datetime(),
          kind: p.enum(["a", "b"] as const),
          flag: p.boolean(),
          owner: () => p.manyToOne(owners[0] as never),
        },
      });
      const owners = next;
      const missing = await make(next).catch((error) => error);
      expect(missing).toMatchObject({ code: "MIGRATION_ANSWERS_MISSING" });
      expect(missing.details).toHaveLength(6);
      expect(missing.details[0]).toBe(
        "Post.slug is new, may not be empty and has no default: --default Post.slug=<value>",
      );
      const defaults = [
        "Post.slug=it's",
        "Post.rank=7",
        "Post.at=2026-01-02T03:04:05Z",
        "Post.kind=b",
        "Post.flag=true",
        "Post.owner=2",
      ];
      await expect(
        make(next, { answers: { defaults: [...defaults.slice(0, 5), "Post.owner=many"] } }),
      ).rejects.toMatchObject({
        code: "MIGRATION_DEFAULT_INVALID",
      });
      await expect(make(next, { answers: { defaults: [...defaults, "Post.none=1"] } })).rejects.toMatchObject({
        code: "MIGRATION_ANSWER_UNUSED",
      });
      await make(next, { answers: { defaults } });
      await migrate();
      const [row] = await rows("select `slug`, `rank`, `kind`, `owner_id` from `post` where `id` = 2");
      expect(row).toEqual({ slug: "it's", rank: 7, kind: "b", owner_id: 2 });
      expect(await drift(next)).toBe("");
      await expect(rows("insert into `post` (`title`, `author_id`) values ('x', 1)")).rejects.toMatchObject({
        kind: "notNull",
      });
      await migrate({ target: "0001" });
      expect(await rows("select `title` from `post`")).toHaveLength(3);
    });

    it("fill empty values when a field may not be empty any more, and bring removed fields back empty", async () => {
      const { make, migrate, rows } = await project(blog({ nullableName: true }));
      await rows("insert into `author` (`id`, `name`) values (1, null), (2, 'bob')");
      await rows("insert into `post` (`id`, `title`, `author_id`) values (1, 'one', 1)");
      await make(blog({ without: ["title"] }), { answers: { defaults: ["Author.name=nobody"] } });
      await migrate();
      expect(await rows("select `name` from `author` order by `id`")).toEqual([{ name: "nobody" }, { name: "bob" }]);
      await migrate({ target: "0001" });
      expect(await rows("select `title`, `author_id` from `post`")).toEqual([{ title: "", author_id: 1 }]);
    });

    it("change types, items, rules, indexes, relations and models, and change them back", async () => {
      const [Author, Label] = blog() as [ModelClass, ModelClass];
      const post = (more: Record<string, unknown>, options: object = {}) =>
        model("Post", { id: p.integer().primary(), title: p.string().length(100), ...more }, options);
      const first = post(
        {
          code: p.string().length(20),
          status: p.enum(["draft", "published"] as const).default("draft"),
          rating: p.integer().default(0),
          price: p.decimal().precision(6).scale(2).nullable(),
          author: () => p.manyToOne(Author as never).deleteRule("cascade"),
          labels: () => p.manyToMany(Label as never),
        },
        { uniqueTogether: [["code"]], indexes: [["rating"]] },
      );
      const Topic = model("Topic", {
        id: p.integer().primary(),
        name: p.string().length(20).unique(),
        parent: () =>
          p
            .manyToOne(Topic as never)
            .nullable()
            .deleteRule("cascade") as never,
      }) as unknown as ModelClass;
      const second = post(
        {
          code: p.text(),
          status: p.enum(["draft", "published", "gone"] as const).default("published"),
          rating: p.bigint().default("5"),
          price: p.decimal().precision(10).scale(3).default("1.5"),
          author: () => p.manyToOne(Author as never).deleteRule("restrict"),
          topic: () =>
            p
              .manyToOne(Topic as never)
              .nullable()
              .deleteRule("set null"),
          topics: () => p.manyToMany(Topic as never),
        },
        { uniqueTogether: [["title"]], indexes: [["status"]] },
      );
      const [before, after] = [
        [Author, Label, first],
        [Author, second, Topic],
      ] as unknown as [ModelClass[], ModelClass[]];
      const { make, migrate, rows, drift } = await project(before);
      await rows("insert into `author` (`id`, `name`) values (1, 'ada')");
      await rows("insert into `label` (`id`, `text`) values (1, 'red')");
      await rows(
        "insert into `post` (`id`, `title`, `code`, `rating`, `price`, `author_id`) values (1, 'one', 'a', 3, 2.25, 1), (2, 'two', 'b', 4, null, 1)",
      );
      await rows("insert into `post_labels` (`post_id`, `label_id`) values (1, 1)");
      await make(after, { answers: { drops: ["Label", "Post.labels"] } }).catch(() => make(after));
      await migrate();
      expect(await drift(after)).toBe("");
      expect(await make(after)).toEqual([]);
      const [one, two] = await rows("select `code`, `status`, `rating`, `price`, `topic_id` from `post` order by `id`");
      expect({ ...one, rating: Number(one?.["rating"]), price: Number(one?.["price"]) }).toEqual({
        code: "a",
        status: "draft",
        rating: 3,
        price: 2.25,
        topic_id: null,
      });
      // What was empty and may not be any more got the default.
      expect(Number(two?.["price"])).toBe(1.5);
      await rows("insert into `topic` (`id`, `name`) values (1, 'news')");
      await rows("update `post` set `status` = 'gone', `topic_id` = 1 where `id` = 1");
      await expect(rows("delete from `author` where `id` = 1")).rejects.toMatchObject({ kind: "foreignKey" });
      await expect(rows("update `post` set `title` = 'one'")).rejects.toMatchObject({ kind: "unique" });
      await rows("update `post` set `status` = 'draft' where `id` = 1");
      await migrate({ target: "0001" });
      expect(await drift(before)).toBe("");
      expect(await rows("select `title`, `code` from `post` order by `id`")).toEqual([
        { title: "one", code: "a" },
        { title: "two", code: "b" },
      ]);
      expect((await migrate()).applied).toHaveLength(1);
    });

    it("tell with --check that something is to be written, and write nothing", async () => {
      const { make, files } = await project();
      const before = files();
      const [made] = await make(blog({ without: ["title"] }), { check: true });
      expect(made).toMatchObject({ changes: ["Remove Post.title with its values"] });
      expect(files()).toEqual(before);
    });
  });
}

/** The post with other properties in the places of its own. */
function blogParts([Author, Label]: readonly ModelClass[], post: Record<string, unknown>): ModelClass[] {
  const Post = model(
    "Post",
    {
      id: p.integer().primary(),
      title: p.string().length(100),
      body: p.text().default(""),
      editor: () =>
        p
          .manyToOne(Author as never)
          .nullable()
          .deleteRule("set null"),
      ...post,
    },
    { indexes: [["score"]] as never },
  );
  return [Author, Label, Post] as unknown as ModelClass[];
}
