import type { Fixture } from "../../src/models/dump/dump-rows.ts";
import { type ModelClass, model, p } from "../../src/models/index.ts";

type Rows = { [model: string]: Record<string, unknown>[] };

/** A step of a business schema: the answers to its questions, and what it makes of the rows, there and back. */
export interface BusinessStep {
  readonly answers: { readonly renames?: string[]; readonly drops?: string[]; readonly defaults?: string[] };
  up(rows: Rows): void;
  down(rows: Rows): void;
}

const each = (rows: Rows, name: string, change: (row: Record<string, unknown>) => void) =>
  (rows[name] ?? []).forEach(change);
const move = (row: Record<string, unknown>, from: string, to: string) => {
  row[to] = row[from];
  delete row[from];
};

/** The models after a number of steps, new classes with each call: 15 of them, and one more at the end. */
export function businessModels(step: number): ModelClass[] {
  const from = (first: number) => step >= first;
  const id = () => p.integer().primary();
  const text = (length = 40) => p.string().length(length);
  const decimal = (precision: number, scale: number) => p.decimal().precision(precision).scale(scale);
  const Category: ModelClass = model("Category", {
    id: id(),
    name: text(),
    parent: () =>
      p
        .manyToOne(Category as never)
        .nullable()
        .deleteRule(from(8) ? "cascade" : "set null") as never,
  }) as never;
  const Tag = model("Tag", { id: id(), name: text().unique() });
  const email = text(80);
  const Supplier = model("Supplier", { id: id(), name: text(), email: from(7) ? email : email.nullable() });
  const Warehouse = model("Warehouse", { id: id(), code: text(10).unique() });
  const buyer = from(2) ? "Client" : "Customer";
  const Buyer = model(buyer, {
    id: id(),
    name: text(),
    email: text(80).unique(),
    ...(from(1) ? { vip: p.boolean().default(false) } : {}),
    tags: () => p.manyToMany(Tag),
  });
  const Address = model("Address", {
    id: id(),
    street: text(),
    ...(from(6) ? {} : { zip: text(10) }),
    owner: () => p.manyToOne(Buyer).deleteRule("cascade"),
  });
  const Product = model("Product", {
    id: id(),
    [from(2) ? "name" : "title"]: text(),
    code: text(from(6) ? 20 : 40).unique(),
    price: from(3) ? decimal(12, 4) : decimal(10, 2),
    ...(from(1) ? { weight: decimal(6, 3).default("0.5") } : {}),
    category: () => p.manyToOne(Category as never).nullable() as never,
    supplier: () => p.manyToOne(Supplier),
    [from(5) ? "labels" : "tags"]: () => p.manyToMany(Tag),
  });
  const Stock = model(
    "Stock",
    {
      id: id(),
      count: p.integer().default(0),
      product: () => p.manyToOne(Product),
      place: () => p.manyToOne(Warehouse),
    },
    from(5) ? { uniqueTogether: [["product", "place"]] } : {},
  );
  const Order = model("Order", {
    id: id(),
    number: text(20).unique(),
    status: from(6) ? p.enum(["open", "paid", "it's sent"]).default("open") : p.enum(["open", "paid"]).default("open"),
    placed: from(3) ? p.date() : p.datetime(),
    ...(from(1) ? { note: p.text().default("it's \\ new") } : {}),
    buyer: () => p.manyToOne(Buyer),
    address: () => p.manyToOne(Address).nullable().deleteRule("set null"),
    ...(from(5) ? { labels: () => p.manyToMany(Tag) } : {}),
  });
  const Line = model("Line", {
    id: id(),
    quantity: from(3) ? p.bigint() : p.integer(),
    order: () => p.manyToOne(Order).deleteRule("cascade"),
    product: () => p.manyToOne(Product),
  });
  const Invoice = model("Invoice", {
    id: id(),
    total: decimal(12, 2),
    order: () => (from(4) ? p.manyToOne(Order) : p.oneToOne(Order)) as never,
  });
  const Payment = model("Payment", { id: id(), amount: decimal(12, 2), invoice: () => p.manyToOne(Invoice) });
  const Shipment = model("Shipment", {
    id: id(),
    sent: p.datetime().nullable(),
    order: () => (from(4) ? p.oneToOne(Order) : p.manyToOne(Order)) as never,
  });
  const Review = model("Review", {
    id: id(),
    stars: from(8) ? p.smallint() : p.integer(),
    product: () => p.manyToOne(Product),
    author: () => p.manyToOne(Buyer).nullable().deleteRule("set null"),
  });
  const AuditLog = model("AuditLog", {
    id: p.uuid().primary(),
    at: p.datetime(),
    detail: from(8) ? p.json() : p.text(),
    done: from(8) ? p.boolean() : p.integer(),
  });
  const all = [
    Category,
    Tag,
    Supplier,
    Warehouse,
    Buyer,
    Address,
    Product,
    Stock,
    Order,
    Line,
    Invoice,
    Payment,
    Shipment,
  ];
  const Fresh = from(7)
    ? [model("Customer", { id: id(), email: text(80).unique(), tags: () => p.manyToMany(Tag) })]
    : [];
  return [...all, Review, AuditLog, ...Fresh] as unknown as ModelClass[];
}

/** Rows of the models before the first step. */
export const BUSINESS_ROWS: Fixture = {
  Category: [
    { id: 1, name: "all", parent: null },
    { id: 2, name: "tools", parent: 1 },
    { id: 3, name: "saws", parent: 2 },
  ],
  Tag: [
    { id: 1, name: "new" },
    { id: 2, name: "New" },
    { id: 3, name: "é" },
  ],
  Supplier: [
    { id: 1, name: "A & B", email: null },
    { id: 2, name: "it's", email: "c@d.example" },
  ],
  Warehouse: [
    { id: 1, code: "N" },
    { id: 2, code: "S" },
  ],
  Customer: [
    { id: 1, name: "Ada", email: "ada@example.org", tags: [1, 3] },
    { id: 5, name: "Bób", email: "bob@example.org", tags: [] },
  ],
  Address: [{ id: 1, street: "1 \\ Main", zip: "0123", owner: 5 }],
  Product: [
    { id: 1, title: "Saw", code: "saw", price: "12.50", category: 3, supplier: 1, tags: [1, 2] },
    { id: 2, title: "Glue", code: "Saw", price: "0.10", category: null, supplier: 2, tags: [3] },
  ],
  Stock: [
    { id: 1, count: 3, product: 1, place: 1 },
    { id: 2, count: -1, product: 1, place: 2 },
  ],
  Order: [
    { id: 1, number: "A-1", status: "paid", placed: "2026-01-31T00:00:00.000Z", buyer: 1, address: null },
    { id: 2, number: "a-1", status: "open", placed: "2026-03-29T00:00:00.000Z", buyer: 5, address: 1 },
  ],
  Line: [
    { id: 1, quantity: 2, order: 1, product: 1 },
    { id: 2, quantity: 70_000, order: 2, product: 2 },
  ],
  Invoice: [{ id: 1, total: "25.00", order: 1 }],
  Payment: [{ id: 1, amount: "25.00", invoice: 1 }],
  Shipment: [{ id: 1, sent: "2026-02-01T10:20:30.250Z", order: 1 }],
  Review: [{ id: 1, stars: 5, product: 1, author: 1 }],
  AuditLog: [
    { id: "2f0c1c8e-8b1e-4c1d-9d60-0f6f4c7d7b11", at: "2026-01-31T23:59:59.999Z", detail: '{"by":"it\'s"}', done: 1 },
  ],
};

/** Eight steps of evolution. */
export const BUSINESS_STEPS: readonly BusinessStep[] = [
  {
    answers: {},
    up(rows) {
      each(rows, "Customer", (row) => Object.assign(row, { vip: false }));
      each(rows, "Product", (row) => Object.assign(row, { weight: "0.500" }));
      each(rows, "Order", (row) => Object.assign(row, { note: "it's \\ new" }));
    },
    down(rows) {
      each(rows, "Customer", (row) => delete row["vip"]);
      each(rows, "Product", (row) => delete row["weight"]);
      each(rows, "Order", (row) => delete row["note"]);
    },
  },
  {
    answers: { renames: ["Customer:Client", "Product.title:name"] },
    up(rows) {
      move(rows as never, "Customer", "Client");
      each(rows, "Product", (row) => move(row, "title", "name"));
    },
    down(rows) {
      move(rows as never, "Client", "Customer");
      each(rows, "Product", (row) => move(row, "name", "title"));
    },
  },
  {
    answers: {},
    up(rows) {
      each(rows, "Order", (row) => Object.assign(row, { placed: String(row["placed"]).slice(0, 10) }));
      each(rows, "Line", (row) => Object.assign(row, { quantity: String(row["quantity"]) }));
      each(rows, "Product", (row) => Object.assign(row, { price: `${row["price"]}00` }));
    },
    down(rows) {
      each(rows, "Order", (row) => Object.assign(row, { placed: `${row["placed"]}T00:00:00.000Z` }));
      each(rows, "Line", (row) => Object.assign(row, { quantity: Number(row["quantity"]) }));
      each(rows, "Product", (row) => Object.assign(row, { price: String(row["price"]).slice(0, -2) }));
    },
  },
  { answers: {}, up: () => {}, down: () => {} },
  {
    answers: { renames: ["Product.tags:labels"] },
    up(rows) {
      each(rows, "Product", (row) => move(row, "tags", "labels"));
      each(rows, "Order", (row) => Object.assign(row, { labels: [] }));
    },
    down(rows) {
      each(rows, "Product", (row) => move(row, "labels", "tags"));
      each(rows, "Order", (row) => delete row["labels"]);
    },
  },
  {
    answers: {},
    up: (rows) => each(rows, "Address", (row) => delete row["zip"]),
    down: (rows) => each(rows, "Address", (row) => Object.assign(row, { zip: "" })),
  },
  {
    answers: { defaults: ["Supplier.email=no'body@example.org"] },
    up(rows) {
      each(rows, "Supplier", (row) => Object.assign(row, { email: row["email"] ?? "no'body@example.org" }));
      rows["Customer"] = [];
    },
    down: (rows) => delete rows["Customer"],
  },
  {
    answers: {},
    up: (rows) => each(rows, "AuditLog", (row) => Object.assign(row, { detail: { by: "it's" }, done: true })),
    down: (rows) =>
      // Databases write JSON with spaces of their own.
      each(rows, "AuditLog", (row) => Object.assign(row, { detail: expectJson({ by: "it's" }), done: 1 })),
  },
];

/** A text that holds a value as JSON, however it is written. */
export class JsonText {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  asymmetricMatch(other: unknown): boolean {
    return typeof other === "string" && JSON.stringify(JSON.parse(other)) === JSON.stringify(this.value);
  }
}

function expectJson(value: unknown): JsonText {
  return new JsonText(value);
}
