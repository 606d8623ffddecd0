import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ConstraintError,
  type Database,
  entityManager,
  objects,
  toDatabaseError,
  withDatabase,
} from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Group, Invoice, Note, Tag, User } from "../models.ts";

/** What a broken rule of the database looks like. */
export function errors(open: OpenDatabase): void {
  describe("errors", () => {
    let opened: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      opened = await open();
      database = opened.database;
    });
    afterEach(() => opened.close());

    const make = (model: unknown, data: object) => {
      const made = entityManager().create(model as typeof Tag, data as never, { partial: true } as never);
      return entityManager()
        .flush()
        .then(() => made as unknown as { id: number });
    };
    const caught = async (work: () => Promise<unknown>): Promise<ConstraintError> => {
      try {
        await withDatabase(database, work);
      } catch (error) {
        expect(error).toBeInstanceOf(ConstraintError);
        return error as ConstraintError;
      }
      throw new Error("Nothing was thrown.");
    };
    const sql = (text: string, values: readonly unknown[] = []) =>
      database.execute(
        text
          .replace(/\?/g, (_, at: number) => database.placeholder(text.slice(0, at).split("?").length - 1))
          .replaceAll("`", database.quote("")[0] as string),
        values,
      );

    test("A unique value that is taken names its field.", async () => {
      const error = await caught(async () => {
        await make(User, { username: "ann" });
        await make(User, { username: "ann" });
      });
      expect(error).toMatchObject({
        code: "DATABASE_UNIQUE",
        kind: "unique",
        model: "User",
        fields: ["username"],
        status: 409,
        expose: true,
      });
      expect(error.message).toBe("Another User has this username.");
      expect(error.details).toEqual({ kind: "unique", model: "User", fields: ["username"] });
    });

    test("Fields that are unique together are all named, by their properties.", async () => {
      const error = await caught(async () => {
        const user = await make(User, { username: "ann" });
        await make(Note, { title: "n", user });
        await make(Note, { title: "n", user });
      });
      expect(error).toMatchObject({ kind: "unique", model: "Note", fields: ["user", "title"] });
      expect(error.message).toBe("Another note has this user and title.");
    });

    test("A key that is taken names the key.", async () => {
      const error = await caught(async () => {
        await sql("insert into tag (id, name) values (?, ?)", [1, "a"]);
        await sql("insert into tag (id, name) values (?, ?)", [1, "b"]);
      });
      expect(error).toMatchObject({ kind: "unique", model: "Tag", fields: ["id"] });
    });

    test("A missing value names its field.", async () => {
      const error = await caught(() => sql("insert into tag (name) values (?)", [null]));
      expect(error).toMatchObject({
        code: "DATABASE_NOT_NULL",
        kind: "notNull",
        model: "Tag",
        fields: ["name"],
        status: 400,
      });
      expect(error.message).toBe("Name is required.");
    });

    test("A new row that lacks values names all of them, by every way of writing it, and shows nothing of the row.", async () => {
      const row = { title: null, content: "secret" };
      const ways = [
        () => objects(Note).create(row as never),
        () => objects(Note).createMany([row as never]),
        () => make(Note, row),
      ];
      for (const way of ways) {
        const error = await caught(way);
        expect(error).toMatchObject({
          code: "DATABASE_NOT_NULL",
          model: "Note",
          fields: ["title", "user"],
          status: 400,
        });
        expect(error.message).toBe("Title and user are required.");
        expect(inspect(error, { depth: 9 })).not.toContain("secret");
      }
    });

    test("A value that its column can't hold is a coded error too.", async () => {
      if (database.dialect === "sqlite") return;
      const long = await caught(() => make(Tag, { name: "n".repeat(51) }));
      expect(long).toMatchObject({ code: "DATABASE_VALUE", kind: "value", status: 400, expose: true });
      const large = await caught(async () => {
        const user = await make(User, { username: "ann" });
        await make(Note, { title: "n", user, quantity: 3_000_000_000 });
      });
      expect(large).toMatchObject({ code: "DATABASE_VALUE", kind: "value" });
      // PostgreSQL does not say which column it was.
      expect([long.message, large.message]).toEqual(
        database.dialect === "mysql"
          ? ["This name is too long or too large.", "This quantity is too long or too large."]
          : ["A value is too long or too large.", "A value is too long or too large."],
      );
    });

    test("A chosen row that does not exist names its field.", async () => {
      const error = await caught(() => make(Note, { title: "n", user: 99 }));
      expect(error).toMatchObject({
        code: "DATABASE_FOREIGN_KEY",
        kind: "foreignKey",
        model: "Note",
        fields: ["user"],
      });
      expect(error.message).toBe("The chosen user does not exist.");
    });

    test("The right one of two foreign keys is named, in an update too.", async () => {
      const error = await caught(async () => {
        const user = await make(User, { username: "ann" });
        const note = await make(Note, { title: "n", user });
        await sql("update note set title = ?, reviewer_id = ? where id = ?", ["m", 99, note.id]);
      });
      expect(error).toMatchObject({ kind: "foreignKey", model: "Note", fields: ["reviewer"] });
    });

    test("A row that others refer to can't be deleted, and the sentence says so.", async () => {
      const error = await caught(async () => {
        const group = await make(Group, { name: "g" });
        await make(Invoice, { amount: 1, group });
        entityManager().clear();
        entityManager().remove(entityManager().getReference(Group, group.id as never));
        await entityManager().flush();
      });
      expect(error).toMatchObject({ kind: "foreignKey", model: "Group", fields: [] });
      expect(error.message).toMatch(/^This group is still used by /);
    });

    test("Which side of a foreign key broke is told from names, in whatever language the server speaks.", async () => {
      if (database.dialect !== "postgres") return;
      const told = (table: string, constraint: string, detail: string) => {
        const error = Object.assign(new Error("Verletzung"), { code: "23503", table, constraint, detail });
        return toDatabaseError(error, database) as ConstraintError;
      };
      const cases = [
        told("note", "note_user_id_foreign", "Schlüssel (user_id)=(9) ist nicht in Tabelle »user« vorhanden."),
        told("node", "node_parent_id_foreign", "Schlüssel (parent_id)=(9) ist nicht in Tabelle »node« vorhanden."),
        told(
          "invoice",
          "invoice_group_id_foreign",
          "Auf Schlüssel (id)=(1) wird noch aus Tabelle »invoice« verwiesen.",
        ),
        told("node", "node_parent_id_foreign", "Auf Schlüssel (id)=(1) wird noch aus Tabelle »node« verwiesen."),
      ];
      expect(cases.map(({ model, fields, message }) => [model, fields, message])).toEqual([
        ["Note", ["user"], "The chosen user does not exist."],
        ["Node", ["parent"], "The chosen parent does not exist."],
        ["Group", [], "This group is still used by a row of invoice."],
        ["Node", [], "This node is still used by a row of node."],
      ]);
      // Of a table that is no model's.
      const child = told("log", "log_fk", "Schlüssel (log)=(9) ist nicht in Tabelle »logs« vorhanden.");
      const parent = told("log", "log_fk", "Auf Schlüssel (id)=(9) wird noch aus Tabelle »log« verwiesen.");
      expect([child.message, parent.message]).toEqual([
        "Something that was chosen does not exist.",
        "This row is still used by others.",
      ]);
    });

    test("A value that a check refuses names its field.", async () => {
      const error = await caught(async () => {
        const group = await make(Group, { name: "g" });
        await make(Invoice, { amount: -1, group });
      });
      expect(error).toMatchObject({ code: "DATABASE_CHECK", kind: "check", model: "Invoice", fields: ["amount"] });
      expect(error.message).toBe("This amount is not allowed.");
    });

    test("No sentence holds SQL or the value; what the driver said is the cause.", async () => {
      const error = await caught(async () => {
        await make(Tag, { name: "secret" });
        await make(Tag, { name: "secret" });
      });
      expect(error.message).not.toMatch(/secret|insert|constraint|tag_name/i);
      expect(JSON.stringify(error.details)).not.toMatch(/secret|insert/);
      expect(error.cause).toBeInstanceOf(Error);
    });

    test("The same error comes from a flush, from SQL, and from the ORM's bulk writes.", async () => {
      const thrice = await withDatabase(database, async () => {
        await make(Tag, { name: "a" });
        entityManager().clear();
        return Promise.all([
          caught(() => make(Tag, { name: "a" })),
          caught(() => sql("insert into tag (name) values (?)", ["a"])),
          caught(() => entityManager().insert(Tag, { name: "a" } as never)),
        ]);
      });
      for (const error of thrice) expect(error).toMatchObject({ kind: "unique", model: "Tag", fields: ["name"] });
    });

    test("The database is usable after an error.", async () => {
      await caught(async () => {
        await sql("insert into tag (name) values (?)", ["a"]);
        await sql("insert into tag (name) values (?)", ["a"]);
      });
      expect((await database.execute("select name from tag")).rows).toEqual([{ name: "a" }]);
    });

    test("A failed insert into a table with several foreign keys leaves no row behind.", async () => {
      await caught(() => make(Note, { title: "n", user: 99 }));
      expect((await database.execute("select id from note")).rows).toEqual([]);
      await expect(withDatabase(database, () => make(Note, { title: "n", user: 98 }))).rejects.toMatchObject({
        fields: ["user"],
      });
    });
  });
}
