import { p } from "@mikro-orm/core";
import { expectTypeOf } from "vitest";
import { cleanData, type Problems, validate } from "../validation/validate.ts";
import { type FieldInfo, type FieldKind, fieldInfo } from "./field-info.ts";
import { fieldKinds, type KindRow } from "./field-kinds.ts";
import { type CleanValues, type Instance, type ModelName, model } from "./model.ts";
import type { Plain, PlainValue } from "./plain.ts";
import { minLength } from "./validators.ts";

class Author extends model(
  "Author",
  {
    id: p.integer().primary(),
    username: p.string().length(50).unique(),
    password: p.string().hidden(),
    books: () => p.oneToMany(Book).mappedBy("author"),
  },
  {
    ordering: ["username", "-id"],
    verboseName: "author",
    verboseNamePlural: "authors",
    appLabel: "library",
    permissions: { publish_author: "Can publish an author" },
    fields: { username: { label: "Name", validators: [minLength(2)] } },
  },
) {}

class Genre extends model("Genre", { id: p.uuid().primary(), name: p.string() }) {}

class Book extends model(
  "Book",
  {
    id: p.bigint().primary(),
    title: p.string().length(200),
    subtitle: p.string().nullable(),
    blurb: p.text().default(""),
    status: p.enum(["draft", "published"]).default("draft"),
    grade: p.enum([1, 2, 3]),
    price: p.decimal().precision(10).scale(2),
    pages: p.integer(),
    printed: p.date().nullable(),
    createdAt: p.datetime().onCreate(() => new Date()),
    opensAt: p.time(),
    meta: p.json<{ color?: string; sizes: number[] }>().nullable(),
    cover: p.blob().nullable(),
    code: p.uuid(),
    inStock: p.boolean().default(true),
    author: () => p.manyToOne(Author).deleteRule("cascade"),
    genres: () => p.manyToMany(Genre),
    sequelTo: () => p.manyToOne(Book).nullable(),
    sequels: () => p.oneToMany(Book).mappedBy("sequelTo"),
  },
  {
    ordering: ["-createdAt"],
    uniqueTogether: [["author", "title"]],
    fields: { status: { choices: { draft: "Draft", published: "Out" } }, blurb: { widget: "markdown", blank: false } },
    clean: (values) =>
      values.title === values.subtitle ? { subtitle: "Say something else than the title." } : undefined,
  },
) {
  get shout(): string {
    return this.title.toUpperCase();
  }
}

declare const book: Book;
declare const author: Author;

// The literal name survives the class.
expectTypeOf<ModelName<typeof Book>>().toEqualTypeOf<"Book">();
// @ts-expect-error another model's name
const wrongName: ModelName<typeof Book> = "Author";
expectTypeOf<Instance<typeof Book>>().toEqualTypeOf<Book>();
expectTypeOf(book.shout).toEqualTypeOf<string>();

// Enums are unions.
const status: "draft" | "published" = book.status;
book.status = "published";
// @ts-expect-error no item of the enum
book.status = "gone";
book.grade = 3;
// @ts-expect-error no item of the numeric enum
book.grade = 4;

// Nullability is seen.
book.subtitle = null;
// @ts-expect-error the column is not nullable
book.title = null;
// @ts-expect-error may be null
const subtitle: string = book.subtitle;

// Decimals are strings, big integers bigints, dates strings, datetimes Dates.
expectTypeOf(book.price).toEqualTypeOf<string>();
// @ts-expect-error a number loses digits
book.price = 1.5;
expectTypeOf(book.id).toEqualTypeOf<bigint>();
// @ts-expect-error a number loses digits
book.id = 5;
expectTypeOf(book.printed).toEqualTypeOf<string | null | undefined>();
const createdAt: Date = book.createdAt;
// @ts-expect-error a Date, not its text
book.createdAt = "2026-01-01T00:00:00Z";

// JSON has the type that was told.
expectTypeOf(book.meta?.sizes).toEqualTypeOf<number[] | undefined>();
// @ts-expect-error sizes are numbers
book.meta = { sizes: ["1"] };

// Relations lead to their models, in both directions and to the model itself.
expectTypeOf(book.author.username).toEqualTypeOf<string>();
const firstBook: string | undefined = author.books[0]?.title;
const genre: string | undefined = book.genres[0]?.name;
const earlier: string | undefined = book.sequelTo?.sequelTo?.title;
const later: string | undefined = book.sequels[0]?.sequelTo?.title;
// @ts-expect-error the relation is not nullable
book.author = null;
// @ts-expect-error a genre is no author
book.author = book.genres[0];
// @ts-expect-error not a property of the related model
book.author.pages;
// @ts-expect-error not a property of the model itself, two steps away
book.sequelTo?.sequelTo?.nothing;

// Options know the properties.
// @ts-expect-error an order by nothing
class NoOrder extends model("NoOrder", { id: p.integer().primary() }, { ordering: ["-nothing"] }) {}
// @ts-expect-error a set of properties that are not there
class NoSet extends model("NoSet", { id: p.integer().primary() }, { uniqueTogether: [["id", "nothing"]] }) {}
// @ts-expect-error a label for no field
class NoField extends model("NoField", { id: p.integer().primary() }, { fields: { nothing: { label: "?" } } }) {}
// @ts-expect-error a validator takes a value and answers with a sentence
class NoCheck extends model("NoCheck", { id: p.integer().primary() }, { fields: { id: { validators: [() => 5] } } }) {}
class Cleaned extends model(
  "Cleaned",
  { id: p.integer().primary(), start: p.datetime(), size: p.decimal(), kind: p.enum(["a", "b"]) },
  {
    clean: (values) => {
      expectTypeOf(values.start).toEqualTypeOf<string | undefined>();
      expectTypeOf(values.size).toEqualTypeOf<string | undefined>();
      expectTypeOf(values.kind).toEqualTypeOf<"a" | "b" | undefined>();
      // @ts-expect-error no such field
      values.nothing;
      return Promise.resolve("The row as a whole is wrong.");
    },
  },
) {}

// Plain values of properties.
expectTypeOf<PlainValue<Book["createdAt"]>>().toEqualTypeOf<string>();
expectTypeOf<PlainValue<Book["id"]>>().toEqualTypeOf<string>();
expectTypeOf<PlainValue<Book["inStock"]>>().toEqualTypeOf<boolean>();
expectTypeOf<PlainValue<Book["status"]>>().toEqualTypeOf<"draft" | "published">();
expectTypeOf<PlainValue<Book["subtitle"]>>().toEqualTypeOf<string | null>();
expectTypeOf<PlainValue<Book["author"]>>().toEqualTypeOf<number>();
expectTypeOf<PlainValue<Book["sequelTo"]>>().toEqualTypeOf<string | null>();
expectTypeOf<PlainValue<Book["genres"]>>().toEqualTypeOf<string[]>();
expectTypeOf<PlainValue<Book["cover"]>>().toEqualTypeOf<string | null>();
expectTypeOf<PlainValue<Book["meta"]>>().toEqualTypeOf<{ color?: string; sizes: number[] } | null>();
expectTypeOf<PlainValue<Author["password"]>>().toEqualTypeOf<string>();

// Fields and their kinds.
expectTypeOf(fieldInfo(Book)).toEqualTypeOf<readonly FieldInfo[]>();
expectTypeOf(fieldKinds).toEqualTypeOf<Readonly<Record<FieldKind, KindRow>>>();
expectTypeOf(fieldKinds.decimal.empty).returns.toEqualTypeOf<Plain>();
// @ts-expect-error not a model
fieldInfo(class {});
// @ts-expect-error not a kind
fieldKinds.money;
expectTypeOf(validate(Book, {})).toEqualTypeOf<Promise<Problems>>();
// @ts-expect-error an option that does not exist
validate(Book, {}, { instances: book });
const narrowed = await cleanData(Book, {}, { form: true, fields: ["title", "pages"] });
expectTypeOf(narrowed.values).toHaveProperty("title");
expectTypeOf(narrowed.values).not.toHaveProperty("price");

export type Unused = [
  typeof wrongName,
  typeof status,
  typeof subtitle,
  typeof createdAt,
  typeof firstBook,
  typeof genre,
  typeof earlier,
  typeof later,
  NoOrder,
  NoSet,
  NoField,
  NoCheck,
  Cleaned,
  CleanValues<{ id: number }>,
];
