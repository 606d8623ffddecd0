import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  announce,
  atomic,
  type Change,
  type Database,
  entityManager,
  onChange,
  withDatabase,
} from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Group, Node, Note, Tag, User } from "../models.ts";

/** The change feed. */
export function changes(open: OpenDatabase): void {
  describe("changes", () => {
    let opened: TestDatabase;
    let database: Database;
    let published: Change[][];

    beforeEach(async () => {
      opened = await open();
      database = opened.database;
      published = [];
      database.changes.subscribe((given) => void published.push([...given]));
    });
    afterEach(() => opened.close());

    const inContext = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
    const make = async <T = { id: number }>(
      model: typeof Tag | typeof User | typeof Group | typeof Note | typeof Node,
      data: object,
    ) => {
      const made = entityManager().create(model as typeof Tag, data as never);
      await entityManager().flush();
      return made as unknown as T;
    };

    test("A flush publishes what it wrote, once, after it was committed.", async () => {
      await inContext(async () => {
        const tag = await make<{ id: number; name: string }>(Tag, { name: "one" });
        tag.name = "two";
        await entityManager().flush();
        entityManager().remove(tag);
        await entityManager().flush();
        await entityManager().flush();
        expect(published.map(([change]) => [change?.model, change?.action, change?.ids])).toEqual([
          ["Tag", "create", [tag.id]],
          ["Tag", "update", [tag.id]],
          ["Tag", "delete", [tag.id]],
        ]);
      });
    });

    test("A listener sees the committed row.", async () => {
      const seen = Promise.withResolvers<unknown>();
      database.changes.subscribe(() => {
        const read = withDatabase(database, () => database.execute("select name from tag"));
        read.then(({ rows }) => seen.resolve(rows), seen.reject);
      });
      await inContext(() => atomic(() => make(Tag, { name: "one" })));
      expect(await seen.promise).toEqual([{ name: "one" }]);
    });

    test("Changes of a transaction come together after its outermost commit.", async () => {
      await inContext(async () => {
        await atomic(async () => {
          await make(Tag, { name: "one" });
          await atomic(() => make(Tag, { name: "two" }));
          expect(published).toEqual([]);
        });
      });
      expect(published).toHaveLength(1);
      expect(published[0]).toEqual([{ model: "Tag", action: "create", ids: [expect.any(Number), expect.any(Number)] }]);
    });

    test("A rollback publishes nothing, though a nested transaction was kept before.", async () => {
      await inContext(async () => {
        await expect(
          atomic(async () => {
            await atomic(() => make(Tag, { name: "one" }));
            announce({ model: "Tag", action: "update", ids: "many" });
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
      });
      expect(published).toEqual([]);
    });

    test("A failed flush publishes nothing.", async () => {
      await inContext(async () => {
        await make(Tag, { name: "one" });
        published = [];
        await expect(make(Tag, { name: "one" })).rejects.toMatchObject({ code: "DATABASE_UNIQUE" });
      });
      expect(published).toEqual([]);
    });

    test("The failure of a nested transaction drops its changes alone.", async () => {
      await inContext(() =>
        atomic(async () => {
          await make(Group, { name: "outer" });
          await expect(
            atomic(async () => {
              await make(Tag, { name: "inner" });
              throw new Error("no");
            }),
          ).rejects.toThrow("no");
        }),
      );
      expect(published).toEqual([[{ model: "Group", action: "create", ids: [expect.any(Number)] }]]);
    });

    test("What the outer transaction had changed but not flushed is published with it when a nested one fails.", async () => {
      await inContext(async () => {
        const group = await make<{ id: number; name: string }>(Group, { name: "one" });
        published = [];
        await atomic(async () => {
          group.name = "two";
          await expect(atomic(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
        });
        expect(published).toEqual([[{ model: "Group", action: "update", ids: [group.id] }]]);
      });
    });

    test("Parallel transactions publish their own changes, and the one that fails none.", async () => {
      await inContext(async () => {
        await Promise.allSettled([
          atomic(async () => {
            await make(Tag, { name: "a" });
            throw new Error("no");
          }),
          atomic(() => make(Group, { name: "b" })),
        ]);
      });
      expect(published.flat().map(({ model }) => model)).toEqual(["Group"]);
    });

    test("A bulk write that is announced is published after the commit, at once where there is no transaction.", async () => {
      await inContext(async () => {
        announce({ model: "Tag", action: "update", ids: [1, 2] });
        expect(published).toEqual([[{ model: "Tag", action: "update", ids: [1, 2] }]]);
        await atomic(async () => {
          announce({ model: "Tag", action: "update", ids: [3] });
          announce({ model: "Tag", action: "update", ids: [4] });
          expect(published).toHaveLength(1);
        });
        expect(published[1]).toEqual([{ model: "Tag", action: "update", ids: [3, 4] }]);
      });
    });

    test("The ORM's own bulk writes are announced, after the commit.", async () => {
      await inContext(async () => {
        await atomic(async () => {
          await entityManager().insert(Tag, { name: "a" } as never);
          await entityManager().nativeUpdate(Tag, { name: "a" } as never, { name: "b" } as never);
          expect(published).toEqual([]);
        });
        await entityManager().nativeDelete(Tag, { name: "b" } as never);
      });
      expect(published.map((each) => each.map(({ model, action, ids }) => [model, action, ids]))).toEqual([
        [
          ["Tag", "create", "many"],
          ["Tag", "update", "many"],
        ],
        [
          ["Tag", "delete", "many"],
          ["Note", "m2m", "many"],
        ],
      ]);
    });

    test("Adding and removing members is a change of its own.", async () => {
      await inContext(async () => {
        const user = await make(User, { username: "ann" });
        const tag = await make(Tag, { name: "t" });
        const note = await make<{ id: number; tags: { add(tag: object): void; remove(tag: object): void } }>(Note, {
          title: "n",
          user,
        });
        published = [];
        note.tags.add(tag);
        await entityManager().flush();
        note.tags.remove(tag);
        await entityManager().flush();
        const expected = { model: "Note", action: "m2m", ids: [note.id], field: "tags" };
        expect(published).toEqual([[expected], [expected]]);
      });
    });

    test("Rows that the database deletes or empties with their parent are announced.", async () => {
      await inContext(async () => {
        const user = await make(User, { username: "ann" });
        await make(Note, { title: "n", user });
        published = [];
        entityManager().clear();
        entityManager().remove(entityManager().getReference(User, user.id as never));
        await entityManager().flush();
        expect(published.flat()).toEqual(
          expect.arrayContaining([
            { model: "User", action: "delete", ids: [user.id] },
            { model: "Note", action: "delete", ids: "many" },
            { model: "Note", action: "update", ids: "many", field: "reviewer" },
          ]),
        );
      });
    });

    test("Deleting a tree's node announces its children; deleting a tag announces the members it was among.", async () => {
      await inContext(async () => {
        const node = await make(Node, { name: "root" });
        const tag = await make(Tag, { name: "t" });
        published = [];
        announce({ model: "Node", action: "delete", ids: [node.id] });
        announce({ model: "Tag", action: "delete", ids: [tag.id] });
        expect(published[0]).toContainEqual({ model: "Node", action: "delete", ids: "many" });
        expect(published[1]).toContainEqual({ model: "Note", action: "m2m", ids: "many", field: "tags" });
      });
    });

    test("A listener that throws neither undoes the write nor keeps others from hearing.", async () => {
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
      try {
        database.changes.subscribe(() => {
          throw new Error("listener");
        });
        const last = vi.fn();
        database.changes.subscribe(last);
        await inContext(() => make(Tag, { name: "one" }));
        expect(last).toHaveBeenCalledOnce();
        expect(warn).toHaveBeenCalledOnce();
      } finally {
        warn.mockRestore();
      }
    });

    test("An async listener that fails is no unhandled rejection.", async () => {
      const warned = new Promise((resolve) => process.once("warning", resolve));
      database.changes.subscribe(async () => {
        throw new Error("async listener");
      });
      await inContext(() => make(Tag, { name: "one" }));
      expect(await warned).toMatchObject({ message: "async listener" });
    });

    test("A listener can be taken away.", async () => {
      await inContext(async () => {
        const listener = vi.fn();
        onChange(listener)();
        await make(Tag, { name: "one" });
        expect(listener).not.toHaveBeenCalled();
      });
    });
  });
}
