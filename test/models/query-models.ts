import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Database, type Instance, model, objects, p, withDatabase } from "../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../support/database-servers.ts";
import { MODELS } from "./models.ts";

/** Somebody who writes books; `token` is nobody's business. */
export class Author extends model(
  "Author",
  {
    id: p.integer().primary(),
    name: p.string().length(50),
    email: p.string().length(100).nullable(),
    token: p.string().length(50).default("").hidden(),
    mentor: () => p.manyToOne(Author).nullable().deleteRule("set null"),
    books: () => p.oneToMany(Book).mappedBy("author"),
    profile: () => p.oneToOne(Profile).mappedBy("author"),
  },
  { ordering: ["name"] },
) {
  /** Not a field. */
  get shout(): string {
    return this.name.toUpperCase();
  }
}

export class Profile extends model("Profile", {
  id: p.integer().primary(),
  bio: p.string().length(200),
  author: () => p.oneToOne(Author).deleteRule("cascade"),
}) {}

export class Genre extends model(
  "Genre",
  {
    code: p.string().length(10).primary(),
    label: p.string().length(50),
    books: () => p.manyToMany(Book).mappedBy("genres"),
  },
  { ordering: ["label"] },
) {}

export class Book extends model(
  "Book",
  {
    id: p.integer().primary(),
    title: p.string().length(100),
    pages: p.integer().nullable(),
    rating: p.double().nullable(),
    price: p.decimal().precision(8).scale(2).nullable(),
    status: p.enum(["draft", "printed"] as const).default("draft"),
    printed: p.boolean().default(false),
    day: p.date().nullable(),
    at: p.datetime().nullable(),
    meta: p.json<{ a?: number; list?: string[] }>().nullable(),
    author: () => p.manyToOne(Author).nullable().deleteRule("cascade"),
    genres: () => p.manyToMany(Genre),
  },
  { ordering: ["title"] },
) {}

/** A row with a key of 64 bits, a version and a time that is kept by a hook. */
export class Account extends model("Account", {
  id: p.bigint().primary(),
  name: p.string().length(50),
  balance: p.integer().default(0),
  version: p.integer().version(),
  touchedAt: p
    .datetime()
    .nullable()
    .onUpdate(() => new Date()),
}) {}

/** A row with a number as large as no other. */
export class Vault extends model("Vault", {
  id: p.integer().primary(),
  amount: p.decimal().precision(40).scale(2),
}) {}

/** A row whose version is a moment. */
export class Stamped extends model("Stamped", {
  id: p.integer().primary(),
  name: p.string().length(50),
  stamp: p.datetime().version(),
}) {}

export type BookEntity = Instance<typeof Book>;

/** A statement as the query log saw it. */
export interface Logged {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A database with authors and books for a group of tests that only read it. */
export interface Library {
  readonly database: Database;
  /** Every statement since the test began. */
  readonly log: Logged[];
  /** Runs work in a context of its own. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Opens a library for the tests of a `describe`; with `fresh` each test gets its own. */
export function library(open: OpenDatabase, { fresh = false } = {}): Library {
  let opened: TestDatabase | undefined;
  const log: Logged[] = [];
  const start = async () => {
    await opened?.close();
    opened = await open({
      models: [...MODELS, Author, Profile, Genre, Book, Account, Stamped, Vault],
      onQuery: (sql, parameters) => void log.push({ sql, parameters }),
    });
    await withDatabase(opened.database, seed);
    log.length = 0;
  };
  if (fresh) beforeEach(start);
  else beforeAll(start);
  beforeEach(() => void log.splice(0));
  afterAll(async () => opened?.close());
  const database = () => opened?.database as Database;
  return {
    get database() {
      return database();
    },
    log,
    run: (work) => withDatabase(database(), work),
  };
}

async function seed(): Promise<void> {
  await objects(Author).createMany([
    { id: 1, name: "Ada", email: "ada@example.com", token: "s3cret" },
    { id: 2, name: "bob", email: null, mentor: 1 },
    { id: 3, name: "Émile", email: "100%_sure!@example.com", mentor: 2 },
  ]);
  await objects(Profile).createMany([{ id: 1, bio: "Counts.", author: 1 }]);
  await objects(Genre).createMany([
    { code: "sf", label: "Science" },
    { code: "po", label: "Poems" },
    { code: "no", label: "Nobody's" },
  ]);
  await objects(Book).createMany([
    {
      id: 1,
      title: "Alpha",
      pages: 100,
      rating: 4.5,
      price: "10.00",
      status: "printed",
      printed: true,
      day: "2026-01-31",
      at: "2026-01-31T23:59:59.123Z",
      meta: { a: 1, list: ["x"] },
      author: 1,
      genres: ["sf", "po"],
    },
    { id: 2, title: "alphabet", pages: 200, rating: null, price: "2.50", author: 1, genres: ["sf"] },
    {
      id: 3,
      title: "50% off_now",
      pages: null,
      rating: 0.1,
      price: null,
      day: "2024-02-29",
      author: 2,
      genres: ["po"],
    },
    { id: 4, title: "[Ünï*côdé?]", pages: 200, rating: -1, price: "10.00", at: "2026-01-31T23:59:59.124Z", author: 3 },
    { id: 5, title: "Back\\slash 'quote'! ", pages: 0, printed: true },
  ]);
  await objects(Account).createMany([
    { id: "9007199254740993", name: "large", balance: 5 },
    { id: 7, name: "small" },
  ]);
}
