import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, type Change, type Database, entityManager, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Group, Tag, User, Versioned } from "../models.ts";

/** Transactions, savepoints and managers. */
export function transactions(open: OpenDatabase): void {
  describe("transactions", () => {
    let opened: TestDatabase;
    let database: Database;
    let published: Change[][];

    beforeEach(async () => {
      opened = await open({ busyTimeout: 1_000 });
      database = opened.database;
      published = [];
      database.changes.subscribe((changes) => void published.push([...changes]));
    });
    afterEach(() => opened.close());

    const inContext = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
    const addTag = async (name: string) => {
      const tag = entityManager().create(Tag, { name } as never);
      await entityManager().flush();
      return tag as unknown as { id: number; name: string };
    };
    const insert = (name: string) =>
      database.execute(`insert into tag (name) values (${database.placeholder(0)})`, [name]);
    const names = async () =>
      (await database.execute("select name from tag order by name")).rows.map(({ name }) => name);

    test("What atomic() did is kept when it ends, and undone when it throws.", async () => {
      await inContext(async () => {
        await atomic(async () => {
          await addTag("kept");
          await insert("kept too");
        });
        const failing = atomic(async () => {
          await addTag("lost");
          await insert("lost too");
          throw new Error("no");
        });
        await expect(failing).rejects.toThrow("no");
      });
      expect(await names()).toEqual(["kept", "kept too"]);
    });

    test("atomic() answers with what its work answers, and writes changed objects without a flush.", async () => {
      await inContext(async () => {
        const tag = await addTag("before");
        const answer = await atomic(async () => {
          tag.name = "after";
          return 42;
        });
        expect(answer).toBe(42);
      });
      expect(await names()).toEqual(["after"]);
    });

    test("A nested atomic() that fails undoes its own work alone.", async () => {
      await inContext(() =>
        atomic(async () => {
          await insert("outer");
          await expect(
            atomic(async () => {
              await insert("inner");
              throw new Error("no");
            }),
          ).rejects.toThrow("no");
          await atomic(() => insert("second"));
        }),
      );
      expect(await names()).toEqual(["outer", "second"]);
    });

    test("A nested atomic() whose statement breaks a rule leaves the outer one usable on every database.", async () => {
      await inContext(() =>
        atomic(async () => {
          await insert("one");
          await expect(atomic(() => insert("one"))).rejects.toMatchObject({ code: "DATABASE_UNIQUE" });
          await insert("two");
        }),
      );
      expect(await names()).toEqual(["one", "two"]);
    });

    test("A change of the outer transaction that was not flushed survives the failure of a nested one.", async () => {
      await inContext(async () => {
        const tag = await addTag("0");
        await atomic(async () => {
          const mine = await entityManager().findOneOrFail(Tag, { id: tag.id } as never);
          (mine as { name: string }).name = "1";
          await expect(
            atomic(async () => {
              expect(await names()).toEqual(["1"]);
              await insert("other");
              await entityManager().flush();
              throw new Error("no");
            }),
          ).rejects.toThrow("no");
          expect((mine as { name: string }).name).toBe("1");
        });
      });
      expect(await names()).toEqual(["1"]);
    });

    test("A change that was not flushed before an outermost atomic() survives its failure.", async () => {
      await inContext(async () => {
        const tag = await addTag("0");
        tag.name = "1";
        await expect(atomic(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
        await entityManager().flush();
      });
      expect(await names()).toEqual(["1"]);
    });

    test("After a rollback an object holds what the database holds, and a later flush does not write the undone value.", async () => {
      await inContext(async () => {
        const tag = await addTag("0");
        await expect(
          atomic(async () => {
            tag.name = "undone";
            await entityManager().flush();
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
        expect(tag.name).toBe("0");
        await entityManager().flush();
        expect(await names()).toEqual(["0"]);
        tag.name = "undone";
        await entityManager().flush();
      });
      expect(await names()).toEqual(["undone"]);
    });

    test("An object that a rollback took back can be stored again.", async () => {
      await inContext(async () => {
        let made: object | undefined;
        await expect(
          atomic(async () => {
            made = await addTag("again");
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
        entityManager().persist(made as object);
        await entityManager().flush();
      });
      expect(await names()).toEqual(["again"]);
    });

    test("An object whose deletion was rolled back can still be changed.", async () => {
      await inContext(async () => {
        const tag = await addTag("stays");
        await expect(
          atomic(async () => {
            entityManager().remove(tag);
            await entityManager().flush();
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
        tag.name = "changed";
        await entityManager().flush();
      });
      expect(await names()).toEqual(["changed"]);
    });

    test("Members that a rolled back transaction added are gone from the object.", async () => {
      await inContext(async () => {
        const { Note } = await import("../models.ts");
        const manager = entityManager();
        const user = manager.create(User, { username: "ann" } as never);
        const tag = manager.create(Tag, { name: "t" } as never);
        const note = manager.create(Note, { title: "n", user, tags: [] } as never) as {
          tags: { getItems(): object[]; add(tag: object): void };
        };
        await manager.flush();
        await expect(
          atomic(async () => {
            note.tags.add(tag);
            await entityManager().flush();
            throw new Error("no");
          }),
        ).rejects.toThrow("no");
        expect(note.tags.getItems()).toEqual([]);
        note.tags.add(tag);
        await manager.flush();
      });
      const members = await database.execute("select count(*) as n from note_tags");
      expect(Number(members.rows[0]?.n)).toBe(1);
    });

    test("Parallel atomic() calls of one context are transactions of their own.", async () => {
      await inContext(async () => {
        const results = await Promise.allSettled(
          ["a", "b", "c"].map((name) =>
            atomic(async () => {
              await insert(name);
              await insert(`${name}2`);
              if (name === "b") throw new Error("no");
            }),
          ),
        );
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      });
      expect(await names()).toEqual(["a", "a2", "c", "c2"]);
    });

    test("Parallel nested ones take turns, and what a branch writes beside them is not lost with one that fails.", async () => {
      await inContext(() =>
        atomic(async () => {
          const results = await Promise.allSettled([
            atomic(async () => {
              await insert("a");
              await insert("a2");
              throw new Error("no");
            }),
            insert("beside"),
            atomic(async () => {
              await insert("b");
              await insert("b2");
            }),
          ]);
          expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
        }),
      );
      expect(await names()).toEqual(["b", "b2", "beside"]);
    });

    test("A query that comes after its atomic() has ended is refused.", async () => {
      const late = Promise.withResolvers<void>();
      let forgotten: Promise<unknown> | undefined;
      await inContext(async () => {
        await atomic(async () => {
          forgotten = late.promise.then(() => insert("late"));
        });
        late.resolve();
        await expect(forgotten).rejects.toMatchObject({ code: "DATABASE_TRANSACTION_ENDED" });
      });
      expect(await names()).toEqual([]);
    });

    test("A nested atomic() that nobody waits for ends before the outer one does.", async () => {
      await inContext(() =>
        atomic(async () => {
          void atomic(async () => {
            await insert("forgotten");
            await insert("forgotten 2");
          });
        }),
      );
      expect(await names()).toEqual(["forgotten", "forgotten 2"]);
    });

    test("One context has one manager, another context another, and atomic() the transaction's.", async () => {
      await inContext(async () => {
        const mine = entityManager();
        expect(entityManager()).toBe(mine);
        withDatabase(database, () => expect(entityManager()).not.toBe(mine));
        await atomic(async () => {
          expect(entityManager()).not.toBe(mine);
          expect(entityManager()).toBe(entityManager());
        });
        expect(entityManager()).toBe(mine);
      });
    });

    test("Objects of two contexts are not shared.", async () => {
      const first = await inContext(async () => {
        await addTag("one");
        return entityManager().findOne(Tag, { name: "one" } as never);
      });
      const second = await inContext(() => entityManager().findOne(Tag, { name: "one" } as never));
      expect(second).toEqual(expect.objectContaining({ name: "one" }));
      expect(second).not.toBe(first);
    });

    test("A reader outside does not see what is not committed, and does not hang.", async () => {
      const inside = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const transaction = inContext(() =>
        atomic(async () => {
          await insert("open");
          inside.resolve();
          await goOn.promise;
        }),
      );
      await inside.promise;
      expect(await inContext(names)).toEqual([]);
      goOn.resolve();
      await transaction;
      expect(await inContext(names)).toEqual(["open"]);
    });

    test("A writer outside waits for an open transaction, or fails with a code; it never hangs.", async () => {
      const inside = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const transaction = inContext(() =>
        atomic(async () => {
          await insert("same");
          inside.resolve();
          await goOn.promise;
        }),
      );
      await inside.promise;
      // The same unique value, so that every database has to wait for the open transaction.
      const outside = inContext(() => insert("same"));
      await expect(outside).rejects.toMatchObject({ code: expect.stringMatching(/^DATABASE_(?:BUSY|TIMEOUT)$/) });
      goOn.resolve();
      await transaction;
      expect(await names()).toEqual(["same"]);
    });

    test("A query of a lifecycle hook joins the transaction of the flush that called it.", async () => {
      const subscriber = {
        getSubscribedEntities: () => [Group],
        async afterCreate() {
          await insert("by the hook");
        },
      };
      database.orm.em.getEventManager().registerSubscriber(subscriber as never);
      await inContext(async () => {
        entityManager().create(Group, { name: "g" } as never);
        await entityManager().flush();
      });
      expect(await names()).toEqual(["by the hook"]);
    });

    test("What a lifecycle hook leaves running goes on outside of the flush.", async () => {
      const goOn = Promise.withResolvers<void>();
      let left: Promise<unknown> | undefined;
      const subscriber = {
        getSubscribedEntities: () => [Group],
        afterCreate() {
          left = goOn.promise.then(() => insert("later"));
        },
      };
      database.orm.em.getEventManager().registerSubscriber(subscriber as never);
      await inContext(async () => {
        entityManager().create(Group, { name: "g" } as never);
        await entityManager().flush();
      });
      goOn.resolve();
      await left;
      expect(await names()).toEqual(["later"]);
    });

    test("Within atomic(), what a lifecycle hook leaves running goes on in the transaction.", async () => {
      const goOn = Promise.withResolvers<void>();
      let left: Promise<unknown> | undefined;
      const subscriber = {
        getSubscribedEntities: () => [Group],
        afterCreate() {
          left = goOn.promise.then(() => insert("later"));
        },
      };
      database.orm.em.getEventManager().registerSubscriber(subscriber as never);
      for (const ends of ["badly", "well"] as const) {
        const outcome = inContext(() =>
          atomic(async () => {
            entityManager().create(Group, { name: ends } as never);
            await entityManager().flush();
            goOn.resolve();
            await left;
            if (ends === "badly") throw new Error("no");
          }),
        );
        await outcome.catch((error) => expect(error).toMatchObject({ message: "no" }));
        expect(await names()).toEqual(ends === "well" ? ["later"] : []);
      }
    });

    test("The ORM's own transactional() is the same as atomic().", async () => {
      await inContext(async () => {
        await entityManager().transactional(async () => {
          await insert("one");
          await expect(
            entityManager().transactional(async () => {
              await insert("two");
              throw new Error("no");
            }),
          ).rejects.toThrow("no");
          expect(published).toEqual([]);
        });
      });
      expect(await names()).toEqual(["one"]);
    });

    test("A stale save of a row with a version is a conflict, and changes nothing.", async () => {
      const id = await inContext(async () => {
        const row = entityManager().create(Versioned, { name: "one" } as never) as { id: number };
        await entityManager().flush();
        return row.id;
      });
      await inContext(async () => {
        const mine = (await entityManager().findOneOrFail(Versioned, { id } as never)) as { name: string };
        await inContext(async () => {
          const theirs = (await entityManager().findOneOrFail(Versioned, { id } as never)) as { name: string };
          theirs.name = "theirs";
          await entityManager().flush();
        });
        mine.name = "mine";
        await expect(entityManager().flush()).rejects.toMatchObject({
          code: "DATABASE_CONFLICT",
          status: 409,
          expose: true,
        });
      });
      const { rows } = await database.execute("select name, version from versioned");
      expect(rows).toEqual([{ name: "theirs", version: 2 }]);
    });

    test.skipIf(open.dialect === "sqlite")(
      "Two transactions that wait for each other: one is undone whole, by its code, though it caught the error.",
      async () => {
        await using patient = await opened.second({ busyTimeout: 5_000 });
        const change = (name: string, to: string) =>
          patient.execute(`update tag set name = ${patient.placeholder(0)} where name = ${patient.placeholder(1)}`, [
            to,
            name,
          ]);
        await insert("a");
        await insert("b");
        const both = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const caught: unknown[] = [];
        const crossing = (mine: number, first: string, second: string) =>
          withDatabase(patient, () =>
            atomic(async () => {
              await change(first, `${first}${mine}`);
              both[mine]?.resolve();
              await Promise.all(both.map(({ promise }) => promise));
              await change(second, `${second}${mine}`).catch((error) => caught.push(error));
            }),
          );
        const results = await Promise.allSettled([crossing(0, "a", "b"), crossing(1, "b", "a")]);
        expect(caught).toEqual([expect.objectContaining({ code: "DATABASE_DEADLOCK", status: 503 })]);
        expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
        const lost = results.find((result) => result.status === "rejected");
        expect(lost?.reason).toMatchObject({ code: "DATABASE_TRANSACTION_ABORTED" });
        const winner = results[0]?.status === "fulfilled" ? ["a0"] : ["b1"];
        expect(await names()).toEqual(expect.arrayContaining(winner));
        expect(await names()).toHaveLength(2);
      },
    );

    test("A failed statement that was caught without an atomic() of its own never ends in half a commit.", async () => {
      const outcome = await inContext(() =>
        atomic(async () => {
          await insert("one");
          await insert("one").catch(() => {});
        }).then(
          () => "kept",
          (error: { code: string }) => error.code,
        ),
      );
      // PostgreSQL refuses the transaction; the others keep what succeeded.
      if (open.dialect === "postgres") expect(outcome).toBe("DATABASE_TRANSACTION_ABORTED");
      else expect(outcome).toBe("kept");
      expect(await names()).toEqual(outcome === "kept" ? ["one"] : []);
    });
  });
}
