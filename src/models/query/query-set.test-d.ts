import { describe, expectTypeOf, it } from "vitest";
import { model, objects, p, type QuerySet, type Row } from "../index.ts";

class User extends model("TypedUser", {
  id: p.integer().primary(),
  username: p.string().unique(),
  password: p.string().default("").hidden(),
  group: () => p.manyToOne(Group).nullable(),
  notes: () => p.oneToMany(Note).mappedBy("user"),
}) {
  get loud(): string {
    return this.username.toUpperCase();
  }
}
class Group extends model("TypedGroup", { id: p.uuid().primary(), name: p.string() }) {}
class Tag extends model("TypedTag", { code: p.string().primary(), label: p.string() }) {}
class Note extends model("TypedNote", {
  id: p.integer().primary(),
  title: p.string().length(200),
  body: p.text().default(""),
  status: p.enum(["draft", "published"]).default("draft"),
  price: p.decimal().precision(8).scale(2).nullable(),
  big: p.bigint().nullable(),
  pinned: p.boolean().default(false),
  createdAt: p.datetime().onCreate(() => new Date()),
  due: p.date().nullable(),
  meta: p.json<{ color?: string }>().nullable(),
  data: p.blob().nullable(),
  version: p.integer().version(),
  user: () => p.manyToOne(User),
  tags: () => p.manyToMany(Tag),
}) {}

describe("Types of a query set", () => {
  it("Rows have the plain types of their columns, without hidden ones, getters and lists.", () => {
    expectTypeOf(objects(Note).rows()).resolves.toEqualTypeOf<
      {
        id: number;
        title: string;
        body: string;
        status: "draft" | "published";
        price: string | null;
        big: string | null;
        pinned: boolean;
        createdAt: string;
        due: string | null;
        meta: { color?: string } | null;
        data: string | null;
        version: number;
        user: number;
      }[]
    >();
    expectTypeOf<Row<typeof User>>().toEqualTypeOf<{ id: number; username: string; group: string | null }>();
    expectTypeOf(objects(User).first()).resolves.toEqualTypeOf<Row<typeof User> | undefined>();
  });

  it("Named fields pick, hidden ones too.", () => {
    expectTypeOf(objects(Note).rows(["id", "createdAt"])).resolves.toEqualTypeOf<{ id: number; createdAt: string }[]>();
    expectTypeOf(objects(User).get(1, ["password"])).resolves.toEqualTypeOf<{ password: string }>();
    expectTypeOf(objects(Note).pluck("status")).resolves.toEqualTypeOf<("draft" | "published")[]>();
    // @ts-expect-error no such field
    void objects(Note).rows(["nope"]);
    // @ts-expect-error a list of rows is no column
    void objects(Note).rows(["tags"]);
    // @ts-expect-error a getter is no column
    void objects(User).rows(["loud"]);
  });

  it("Conditions know fields, values and comparisons.", () => {
    void objects(Note).filter({
      title: "a",
      status: { in: ["draft"] },
      price: { gte: "1.00" },
      big: 5n,
      createdAt: { between: [new Date(), "2026-01-01T00:00:00Z"] },
      due: null,
      meta: { isNull: false },
      user: { username: { icontains: "a" }, group: { name: "b" }, password: "secret" },
      tags: { label: { startsWith: "x" } },
      $or: [{ pinned: true }, { $not: { user: 1 } }],
    });
    void objects(Note).filter({ user: { in: [1, 2] }, tags: "code" });
    void objects(User).filter({ notes: { tags: { label: "x" } }, group: { isNull: true } });
    // @ts-expect-error no such field
    void objects(Note).filter({ nope: 1 });
    // @ts-expect-error a number is no title
    void objects(Note).filter({ title: 5 });
    // @ts-expect-error no such item
    void objects(Note).filter({ status: "lost" });
    // @ts-expect-error no such item in a list
    void objects(Note).filter({ status: { in: ["lost"] } });
    // @ts-expect-error text is not looked for in numbers
    void objects(Note).filter({ id: { contains: "1" } });
    // @ts-expect-error yes and no have no order
    void objects(Note).filter({ pinned: { gt: false } });
    // @ts-expect-error the column is never empty
    void objects(Note).filter({ title: null });
    // @ts-expect-error no such comparison
    void objects(Note).filter({ title: { like: "a" } });
    // @ts-expect-error a list is no value
    void objects(Note).filter({ title: ["a"] });
    // @ts-expect-error no such field of the related model
    void objects(Note).filter({ user: { nope: 1 } });
    // @ts-expect-error a wrong value behind a relation
    void objects(Note).filter({ user: { group: { name: 5 } } });
    // @ts-expect-error a key of another type
    void objects(Note).filter({ user: "ada" });
    // @ts-expect-error JSON is compared with nothing but null
    void objects(Note).filter({ meta: { color: "blue" } });
    const raw: unknown = {};
    // @ts-expect-error what came from outside has no type
    void objects(Note).filter({ title: raw });
    void objects(Note).where("title", raw).where("user.username", "contains", raw);
  });

  it("Paths to sort by and to search in go through relations.", () => {
    void objects(Note).orderBy("-createdAt", "user.username", "-user.group.name", "user");
    void objects(Note).search("x", ["title", "user.username", "tags.label", "user.group.name"]);
    // @ts-expect-error no such field
    void objects(Note).orderBy("nope");
    // @ts-expect-error hidden
    void objects(Note).orderBy("user.password");
    // @ts-expect-error many rows have no order
    void objects(Note).orderBy("tags.label");
    // @ts-expect-error no text
    void objects(Note).search("x", ["id"]);
    // @ts-expect-error hidden
    void objects(Note).search("x", ["user.password"]);
  });

  it("Related rows are inside of rows.", async () => {
    const notes = objects(Note).related("user.group", "tags");
    const [row] = await notes.rows(["id"]);
    expectTypeOf(row?.id).toEqualTypeOf<number | undefined>();
    expectTypeOf(row?.user.username).toEqualTypeOf<string | undefined>();
    expectTypeOf(row?.user.group?.name).toEqualTypeOf<string | undefined>();
    expectTypeOf(row?.tags).toEqualTypeOf<{ code: string; label: string }[] | undefined>();
    expectTypeOf(notes.page(5)).resolves.toHaveProperty("next").toEqualTypeOf<string | null>();
    const user = await objects(User).related("notes", "group").get(1);
    expectTypeOf(user.notes[0]?.user).toEqualTypeOf<number | undefined>();
    expectTypeOf(user.group).toEqualTypeOf<{ id: string; name: string } | null>();
    // @ts-expect-error hidden
    void user.password;
    // @ts-expect-error no relation
    void objects(Note).related("title");
  });

  it("Written data knows what is needed.", () => {
    void objects(Note).create({ title: "a", user: 1 });
    void objects(Note).create({
      title: "a",
      user: new User(),
      tags: ["x"],
      createdAt: "2026-01-01T00:00:00Z",
      big: 5n,
      data: new Uint8Array(),
    });
    void objects(Note).update({ title: "a", price: null, tags: ["x"] }, { version: 3 });
    // @ts-expect-error the title is missing
    void objects(Note).create({ user: 1 });
    // @ts-expect-error no such field
    void objects(Note).create({ title: "a", user: 1, nope: 1 });
    // @ts-expect-error a wrong value
    void objects(Note).create({ title: 5, user: 1 });
    // @ts-expect-error never empty
    void objects(Note).update({ title: null });
    // @ts-expect-error the key stays
    void objects(Note).update({ id: 5 });
    // @ts-expect-error keys of tags are text
    void objects(Note).update({ tags: [5] });
  });

  it("Keys have the model's type, or are text.", () => {
    void objects(Note).get(1);
    void objects(Note).get("1");
    void objects(Group).get("123e4567-e89b-42d3-a456-426614174000");
    // @ts-expect-error an object is no key
    void objects(Note).get({ $gt: 0 });
    // @ts-expect-error a number is no key of a group
    void objects(Group).get(1);
  });

  it("A query set can be passed on.", () => {
    const pinned = (notes: QuerySet<typeof Note>) => notes.filter({ pinned: true }).orderBy("id");
    expectTypeOf(pinned(objects(Note)).count()).resolves.toEqualTypeOf<number>();
    expectTypeOf(objects(Note).entities()).resolves.toEqualTypeOf<Note[]>();
  });
});
