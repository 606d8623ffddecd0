import { describe, expectTypeOf, it } from "vitest";
import { model, p } from "../models/index.ts";
import { ModelSerializer, type RowOf } from "./index.ts";

class Group extends model("SerializedGroup", { code: p.string().primary(), name: p.string() }) {}
class Note extends model("SerializedNote", {
  id: p.integer().primary(),
  title: p.string().length(200),
  secret: p.string().hidden(),
  status: p.enum(["draft", "published"]).default("draft"),
  price: p.decimal().precision(8).scale(2).nullable(),
  createdAt: p.datetime().onCreate(() => new Date()),
  version: p.integer().version(),
  group: () => p.manyToOne(Group).nullable(),
  groups: () => p.manyToMany(Group),
}) {}

describe("Types of a serializer", () => {
  it("A row has the declared fields with plain types, and the key as id.", () => {
    const serializer = ModelSerializer(Note, { fields: ["title", "status", "price", "createdAt", "group", "groups"] });
    type Row = RowOf<typeof serializer>;
    expectTypeOf<Row["id"]>().toEqualTypeOf<number>();
    expectTypeOf<Row["status"]>().toEqualTypeOf<"draft" | "published">();
    expectTypeOf<Row["price"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Row["createdAt"]>().toEqualTypeOf<string>();
    expectTypeOf<Row["group"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Row["groups"]>().toEqualTypeOf<string[]>();
    expectTypeOf<keyof Row>().toEqualTypeOf<"id" | "title" | "status" | "price" | "createdAt" | "group" | "groups">();
    expectTypeOf(serializer.writableFields).toEqualTypeOf<
      readonly ("title" | "status" | "price" | "group" | "groups")[]
    >();
  });

  it("Computed values and nested rows have their own types.", () => {
    const nested = ModelSerializer(Group, { fields: ["name"] });
    const serializer = ModelSerializer(Note, {
      fields: ["group", "groups"],
      reads: ["title"],
      computed: { length: (row) => row.title.length },
      nested: { group: nested, groups: nested },
    });
    type Row = RowOf<typeof serializer>;
    expectTypeOf<Row["length"]>().toEqualTypeOf<number>();
    expectTypeOf<Row["group"]>().toEqualTypeOf<RowOf<typeof nested> | null>();
    expectTypeOf<Row["groups"]>().toEqualTypeOf<RowOf<typeof nested>[]>();
    expectTypeOf<RowOf<typeof nested>>().toEqualTypeOf<{ code: string; id: string; name: string }>();
  });

  it("Wrong names do not compile.", () => {
    // @ts-expect-error no field
    ModelSerializer(Note, { fields: ["titel"] });
    // @ts-expect-error hidden
    ModelSerializer(Note, { fields: ["secret"] });
    // @ts-expect-error no relation
    ModelSerializer(Note, { nested: { title: ModelSerializer(Group) } });
    // @ts-expect-error no such column in the row
    ModelSerializer(Note, { fields: ["title"], computed: { wrong: (row) => row.price } });
  });
});
