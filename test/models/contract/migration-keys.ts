import { describe, expect, it } from "vitest";
import { type Dialect, type ModelClass, model, p } from "../../../src/models/index.ts";
import type { GivenAnswers } from "../../../src/models/migrations/answers.ts";
import { migrationProjects } from "../migration-project.ts";

interface KeyCase {
  readonly before: object;
  readonly after: object;
  readonly answers?: GivenAnswers;
  /** Rows of the table before the migration, after it, and after the step back. */
  readonly rows: readonly object[];
  readonly moved: readonly object[];
  readonly back?: readonly object[];
  /** A row that leaves the new generated key out, and the key that it gets. */
  readonly adds?: readonly [row: object, key: object];
}

/** Primary keys that others take the place of, on one kind of database. */
export function migrationKeyContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const id = () => p.integer().primary();
  const text = () => p.string().length(20);
  const number = () => p.integer();
  const models = (...all: unknown[]) => all as ModelClass[];

  const literal = (value: unknown) => (typeof value === "number" ? String(value) : `'${value}'`);
  const insert = (table: string, row: object) => {
    const names = Object.keys(row).map((name) => `\`${name}\``);
    return `insert into \`${table}\` (${names.join(", ")}) values (${Object.values(row).map(literal).join(", ")})`;
  };

  const cases: readonly [title: string, one: KeyCase][] = [
    [
      "a generated key in place of a text that stays",
      {
        before: { code: text().primary() },
        after: { id: id(), code: text() },
        rows: [{ code: "a" }, { code: "b" }],
        moved: [
          { id: 1, code: "a" },
          { id: 2, code: "b" },
        ],
        adds: [{ code: "c" }, { id: 3 }],
      },
    ],
    [
      "a generated key in place of a text that goes",
      {
        before: { code: text().primary(), name: text() },
        after: { id: id(), name: text() },
        answers: { drops: ["Note.code"] },
        rows: [{ code: "a", name: "x" }],
        moved: [{ id: 1, name: "x" }],
        back: [{ code: "", name: "x" }],
        adds: [{ name: "y" }, { id: 2 }],
      },
    ],
    [
      "a generated key in place of one that becomes a field",
      {
        before: { code: id(), name: text() },
        after: { id: id(), code: number(), name: text() },
        rows: [
          { code: 7, name: "x" },
          { code: 9, name: "y" },
        ],
        moved: [
          { id: 1, code: 7, name: "x" },
          { id: 2, code: 9, name: "y" },
        ],
      },
    ],
    [
      "a generated key in place of one that goes",
      {
        before: { code: id(), name: text() },
        after: { id: id(), name: text() },
        answers: { drops: ["Note.code"] },
        rows: [{ code: 7, name: "x" }],
        moved: [{ id: 1, name: "x" }],
        back: [{ code: 1, name: "x" }],
      },
    ],
    [
      "a text in place of a generated key that stays",
      {
        before: { id: id(), code: text() },
        after: { id: number(), code: text().primary() },
        rows: [{ id: 5, code: "a" }],
        moved: [{ id: 5, code: "a" }],
      },
    ],
    [
      "a new text, with a value for the row that is there, in place of a generated key",
      {
        before: { id: id(), name: text() },
        after: { id: number(), name: text(), code: text().primary() },
        answers: { defaults: ["Note.code=first"] },
        rows: [{ id: 5, name: "x" }],
        moved: [{ id: 5, name: "x", code: "first" }],
        back: [{ id: 5, name: "x" }],
      },
    ],
    [
      "a generated key in place of one of two fields",
      {
        before: { a: number().primary(), b: text().primary() },
        after: { id: id(), a: number(), b: text() },
        rows: [
          { a: 1, b: "x" },
          { a: 1, b: "y" },
        ],
        moved: [
          { id: 1, a: 1, b: "x" },
          { id: 2, a: 1, b: "y" },
        ],
        adds: [{ a: 1, b: "y" }, { id: 3 }],
      },
    ],
  ];

  describe(`A primary key in place of another one on ${dialect}`, () => {
    it.each(cases)("%s", async (_, { before, after, answers = {}, rows: given, moved, back = given, adds }) => {
      const of = (fields: object) => models(model("Note", fields as never));
      const { make, migrate, rows, drift } = await project(of(before));
      for (const row of given) await rows(insert("note", row));
      await make(of(after), { answers });
      await migrate();
      const read = (example: object) => {
        const names = Object.keys(example).map((name) => `\`${name}\``);
        return rows(`select ${names.join(", ")} from \`note\` order by ${names.join(", ")}`);
      };
      expect(await read(moved[0] ?? {})).toEqual(moved);
      expect(await drift(of(after))).toBe("");
      expect(await make(of(after))).toEqual([]);
      if (adds !== undefined) {
        const [row, key] = adds;
        await rows(insert("note", row));
        expect(await rows("select max(`id`) as `id` from `note`")).toEqual([key]);
        await rows("delete from `note` where `id` > 1");
        if (moved.length > 1) await rows(insert("note", moved[1] ?? {}));
      }
      await migrate({ target: "0001" });
      expect(await read(back[0] ?? {})).toEqual(back);
      expect(await drift(of(before))).toBe("");
      await migrate();
      expect(await drift(of(after))).toBe("");
    });

    it("is what references of other models refer to, and of its own", async () => {
      const shop = (generated: boolean) => {
        const Clerk: unknown = model("Clerk", {
          ...(generated ? { id: id(), code: text() } : { code: text().primary() }),
          chief: () =>
            p
              .manyToOne(Clerk as never)
              .nullable()
              .fieldName("chief") as never,
        });
        const clerk = () => p.manyToOne(Clerk as never).fieldName("clerk");
        return models(model("Order", { id: id(), clerk: clerk as never }), Clerk);
      };
      const { make, migrate, rows, drift } = await project(shop(false));
      await rows("insert into `clerk` (`code`) values ('ada')");
      await make(shop(true));
      await migrate();
      expect(await drift(shop(true))).toBe("");
      await rows("insert into `clerk` (`code`, `chief`) values ('bob', 1)");
      await rows("insert into `order` (`clerk`) values (2)");
      await expect(rows("insert into `order` (`clerk`) values (3)")).rejects.toMatchObject({ kind: "foreignKey" });
      await rows("delete from `order`");
      await rows("update `clerk` set `chief` = null");
      await migrate({ target: "0001" });
      expect(await drift(shop(false))).toBe("");
      await rows("insert into `order` (`clerk`) values ('ada')");
    });

    it.each([
      ["with the rules of the field", "cascade"],
      ["with rules of its own", undefined],
    ] as const)("of a many-to-many field is the key of the model that takes its rows over, %s", async (_, rule) => {
      const people = (through: boolean) => {
        const Club: unknown = model("Club", { id: id() });
        const clubs = () => {
          const field = p.manyToMany(Club as never);
          return through ? field.pivotEntity(() => Member as never) : field.pivotTable("member");
        };
        const Person: unknown = model("Person", { id: id(), clubs: clubs as never });
        const end = (one: unknown) => () => {
          const field = p.manyToOne(one as never);
          return (rule === undefined ? field : field.updateRule(rule).deleteRule(rule)) as never;
        };
        const Member: unknown = model("Member", {
          id: id(),
          person: end(Person),
          club: end(Club),
          role: text().default("member"),
        });
        return models(Club, Person, ...(through ? [Member] : []));
      };
      const { make, migrate, rows, drift } = await project(people(false));
      for (const table of ["club", "person"]) await rows(`insert into \`${table}\` (\`id\`) values (1), (2)`);
      await rows("insert into `member` (`person_id`, `club_id`) values (1, 2)");
      const [made] = await make(people(true));
      expect(made?.changes.join("\n")).not.toContain("Remove");
      await migrate();
      expect(await rows("select `id`, `person_id`, `club_id`, `role` from `member`")).toEqual([
        { id: 1, person_id: 1, club_id: 2, role: "member" },
      ]);
      expect(await drift(people(true))).toBe("");
      expect(await make(people(true))).toEqual([]);
      await rows("insert into `member` (`person_id`, `club_id`) values (2, 2)");
      expect(await rows("select max(`id`) as `id` from `member`")).toEqual([{ id: 2 }]);
      await migrate({ target: "0001" });
      expect(await rows("select `person_id`, `club_id` from `member` order by 1")).toEqual([
        { person_id: 1, club_id: 2 },
        { person_id: 2, club_id: 2 },
      ]);
      await expect(rows("insert into `member` (`person_id`, `club_id`) values (1, 2)")).rejects.toMatchObject({
        kind: "unique",
      });
      expect(await drift(people(false))).toBe("");
    });
  });
}
