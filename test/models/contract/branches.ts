import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { atomic, type Change, type Database, entityManager, objects, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";
import { Note, Tag, User, Versioned } from "../models.ts";

/** Parallel branches of one `atomic()`. */
export function branches(open: OpenDatabase): void {
  describe("parallel branches", () => {
    let opened: TestDatabase;
    let database: Database;
    let published: Change[];

    beforeEach(async () => {
      // One connection, so that whatever leaves its transaction meets another one.
      opened = await open({ busyTimeout: 2_000, poolSize: 1 });
      database = opened.database;
    });
    afterEach(() => opened.close());

    const request = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
    const insert = (name: string) =>
      database.execute(`insert into tag (name) values (${database.placeholder(0)})`, [name]);
    const names = () => request(() => objects(Tag).orderBy("name").pluck("name"));
    const filled = () =>
      request(async () => {
        await objects(Tag).create({ name: "before" });
        const user = await objects(User).create({ username: "ada" });
        await objects(Note).create({ title: "n", user: user.id });
        await objects(Versioned).create({ name: "v" });
        published = [];
        database.changes.subscribe((changes) => void published.push(...changes));
      });
    const content = () =>
      request(async () => ({
        tags: await objects(Tag).orderBy("name").pluck("name"),
        notes: (await objects(Note).related("tags").rows()).map(({ title, tags }) => ({ title, tags })),
        versioned: await objects(Versioned).rows(["name", "version"]),
      }));

    /** Lets one branch of an `atomic()` fail while another is still inside, and gives what that one got afterwards. */
    async function failBeside(inner: (late: Promise<void>) => Promise<unknown>): Promise<unknown> {
      const { promise: late, resolve: goOn } = Promise.withResolvers<void>();
      const inside = Promise.withResolvers<void>();
      let left: Promise<unknown> = Promise.resolve();
      const failing = request(() =>
        atomic(async () => {
          left = atomic(async () => {
            await insert("inside");
            inside.resolve();
            return inner(late);
          }).then(
            () => "kept",
            (error) => error,
          );
          await inside.promise;
          throw new Error("no");
        }),
      );
      await expect(failing).rejects.toThrow("no");
      goOn();
      return left;
    }

    const ENDED = { code: "DATABASE_TRANSACTION_ENDED" };
    const writes: Readonly<Record<string, () => Promise<unknown>>> = {
      "SQL of one's own": () => insert("late"),
      "create()": () => objects(Tag).create({ name: "late" }),
      "createMany()": () => objects(Tag).createMany([{ name: "late" }, { name: "late 2" }]),
      "update()": () => objects(Tag).update({ name: "late" }),
      "update() of members": () => objects(Note).update({ tags: [1] }),
      "update() with a version": () => objects(Versioned).update({ name: "late" }, { version: 1 }),
      "delete()": () => objects(Tag).delete(),
      "an atomic() of its own": () => atomic(() => insert("late")),
      "a flush": async () => {
        entityManager().create(Tag, { name: "late" } as never);
        await entityManager().flush();
      },
      "a change of an object": async () => {
        const [tag] = await objects(Tag).entities();
        Object.assign(tag as object, { name: "late" });
        await entityManager().flush();
      },
      "a bulk write of the ORM": () => entityManager().nativeUpdate(Tag, {}, { name: "late" } as never),
      "a query of Kysely": () =>
        entityManager()
          .getKysely()
          .insertInto("tag" as never)
          .values({ name: "late" } as never)
          .execute(),
      "the ORM's own transaction": () => entityManager().transactional(() => insert("late")),
    };

    test.each(Object.keys(writes))(
      "After the outer one was rolled back, %s is refused and writes nothing.",
      async (way) => {
        await filled();
        const before = await content();
        const outcome = await failBeside(async (late) => {
          await late;
          await writes[way]?.();
        });
        expect(outcome).toMatchObject(ENDED);
        expect(await content()).toEqual(before);
        expect(published).toEqual([]);
      },
    );

    const flushed = async (...given: string[]) => {
      for (const name of given) entityManager().create(Tag, { name } as never);
      await entityManager().flush();
    };
    const together: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
      "a flush of one row": (name) => flushed(name),
      "a flush of two rows": (name) => flushed(name, `${name} too`),
      "create()": (name) => objects(Tag).create({ name }),
      "a nested create()": (name) => atomic(() => objects(Tag).create({ name })),
      "a nested flush": (name) => atomic(() => flushed(name)),
      "a flush after reading objects": async (name) => {
        await objects(Tag).entities();
        await flushed(name);
      },
    };
    const pairs = Object.keys(together).flatMap((first) =>
      Object.keys(together).map((second) => [first, second] as const),
    );

    test.each(pairs)("%s and %s beside it do not wait for each other.", async (first, second) => {
      await request(() => atomic(() => Promise.all([together[first]?.("one"), together[second]?.("two")])));
      const all = await names();
      expect(all.filter((name) => !name.endsWith(" too"))).toEqual(["one", "two"]);
    });

    test("What many parallel branches flush, in nested ones and beside them, is kept whole.", async () => {
      const ways = Object.values(together);
      const count = 60;
      const branch = async (index: number) => {
        for (let turn = 0; turn < index % 7; turn++) await objects(Tag).count();
        const work = () => (ways[index % ways.length] as (name: string) => Promise<unknown>)(`r${index}`);
        await (index % 5 === 0 ? atomic(() => Promise.all([work(), flushed(`s${index}`)])) : work());
      };
      await request(() => atomic(() => Promise.all(Array.from({ length: count }, (_, index) => branch(index)))));
      const all = new Set(await names());
      const missing = Array.from({ length: count }, (_, index) => `r${index}`).filter((name) => !all.has(name));
      expect(missing).toEqual([]);
      expect([...all].filter((name) => name.startsWith("s"))).toHaveLength(count / 5);
    });

    test.each(["inside of an atomic()", "outside of any"])(
      "A flush that joins one that is refused is refused as well, %s.",
      async (place) => {
        await request(() => objects(Tag).create({ name: "taken" }));
        const flushes = async () => {
          await objects(Tag).entities();
          const both = [flushed("taken"), flushed("joined"), flushed("joined later")];
          return (await Promise.allSettled(both)).map(({ status }) => status);
        };
        const refused = ["rejected", "rejected", "rejected"];
        if (place === "outside of any") expect(await request(flushes)).toEqual(refused);
        else {
          const nested = () => atomic(() => atomic(flushes).catch(() => refused));
          expect(await request(nested)).toEqual(refused);
        }
        expect(await names()).toEqual(["taken"]);
        await request(() => atomic(() => flushed("afterwards")));
        expect(await names()).toEqual(["afterwards", "taken"]);
      },
    );

    test("A flush that was put off together with a refused one is refused too: its objects are not written.", async () => {
      await request(() => objects(Tag).create({ name: "taken" }));
      const answers = await request(async () => {
        const first = flushed("first");
        await Promise.resolve();
        const all = [first, flushed("taken"), flushed("lost")];
        return (await Promise.allSettled(all)).map(({ status }) => status);
      });
      expect(answers).toEqual(["fulfilled", "rejected", "rejected"]);
      expect(await names()).toEqual(["first", "taken"]);
    });

    test("A nested one that only ends later is not kept either.", async () => {
      expect(await failBeside((late) => late)).toMatchObject(ENDED);
      expect(await names()).toEqual([]);
    });

    test("Savepoints of a branch that comes too late do not touch the transaction of another request.", async () => {
      for (const end of ["returns", "throws", "catches"] as const) {
        const otherIsInside = Promise.withResolvers<void>();
        const otherMayEnd = Promise.withResolvers<void>();
        let other: Promise<unknown> = Promise.resolve();
        await failBeside(async (late) => {
          await late;
          other = request(() =>
            atomic(async () => {
              await atomic(async () => {
                await insert(`undone ${end}`);
                otherIsInside.resolve();
                await otherMayEnd.promise;
                throw new Error("undo");
              }).catch(() => {});
              await insert(`kept ${end}`);
            }),
          );
          await otherIsInside.promise;
          // What the late branch does now is in the middle of the other's savepoint.
          if (end === "catches") await atomic(() => insert("late")).catch(() => {});
          if (end === "throws") throw new Error("late");
        });
        otherMayEnd.resolve();
        await other;
      }
      expect(await names()).toEqual(["kept catches", "kept returns", "kept throws"]);
    });

    test("A nested one that fails ends its own branches, and the outer one goes on.", async () => {
      const late = Promise.withResolvers<void>();
      let deepest: Promise<unknown> = Promise.resolve();
      await request(() =>
        atomic(async () => {
          await insert("outer");
          const inside = Promise.withResolvers<void>();
          const middle = atomic(async () => {
            await insert("middle");
            deepest = atomic(async () => {
              await insert("deepest");
              inside.resolve();
              await late.promise;
              await insert("late");
            }).catch((error) => error);
            await inside.promise;
            throw new Error("no");
          });
          await expect(middle).rejects.toThrow("no");
          await insert("outer 2");
          late.resolve();
          expect(await deepest).toMatchObject(ENDED);
          await atomic(() => insert("outer 3"));
        }),
      );
      expect(await names()).toEqual(["outer", "outer 2", "outer 3"]);
    });

    test("A branch that writes without a pause writes nothing outside of a transaction that is undone meanwhile.", async () => {
      for (const depth of ["outermost", "nested"]) {
        let branch: Promise<unknown> = Promise.resolve();
        const failing = () =>
          atomic(async () => {
            branch = (async () => {
              for (let index = 0; ; index++) await insert(`${depth} ${index}`);
            })().catch((error) => error);
            await insert(`${depth} begun`);
            throw new Error("no");
          }).catch(() => {});
        await request(() => (depth === "outermost" ? failing() : atomic(failing)));
        expect(await branch).toMatchObject(ENDED);
        expect(await names()).toEqual([]);
      }
    });

    test("What a branch wrote before the commit is kept, and what comes after is refused.", async () => {
      const written: string[] = [];
      let branch: Promise<unknown> = Promise.resolve();
      await request(() =>
        atomic(async () => {
          branch = (async () => {
            for (let index = 0; ; index++) {
              await insert(`n${index}`);
              written.push(`n${index}`);
            }
          })().catch((error) => error);
          await insert("own");
        }),
      );
      expect(await branch).toMatchObject(ENDED);
      expect(await names()).toEqual([...written, "own"].toSorted());
    });

    test("An object that a lost branch has changed shows what the database holds.", async () => {
      await filled();
      await request(async () => {
        const [tag] = await objects(Tag).entities();
        const late = Promise.withResolvers<void>();
        const inside = Promise.withResolvers<void>();
        let branch: Promise<unknown> = Promise.resolve();
        const failing = atomic(async () => {
          Object.assign(tag as object, { name: "outer" });
          branch = atomic(async () => {
            inside.resolve();
            await late.promise;
          }).catch((error) => error);
          await inside.promise;
          throw new Error("no");
        });
        await expect(failing).rejects.toThrow("no");
        late.resolve();
        expect(await branch).toMatchObject(ENDED);
        expect(tag).toMatchObject({ name: "before" });
      });
    });

    const beside: Readonly<Record<string, () => Promise<unknown>>> = {
      "create()": () => objects(Tag).create({ name: "beside" }),
      "createMany()": () => objects(Tag).createMany([{ name: "beside" }, { name: "beside 2" }]),
      "update()": () => objects(Note).update({ title: "beside" }),
      "update() of members": () => objects(Note).update({ tags: [1] }),
      "rows()": () => objects(Tag).rows(),
      "entities()": () => objects(Tag).entities(),
      "a flush": async () => {
        entityManager().create(Tag, { name: "beside" } as never);
        await entityManager().flush();
      },
      "find() of the ORM": () => entityManager().find(Tag, {}),
      "a query of Kysely": () =>
        entityManager()
          .getKysely()
          .selectFrom("tag" as never)
          .selectAll()
          .execute(),
      "a nested one": () => atomic(() => objects(Tag).create({ name: "beside" })),
    };

    test.each(Object.keys(beside))(
      "%s and nested transactions beside it take turns, whichever comes first.",
      async (way) => {
        await filled();
        const nested = (name: string) =>
          atomic(async () => {
            await objects(Tag).create({ name });
            await objects(Tag).entities();
            await atomic(() => objects(Tag).create({ name: `${name} deeper` }));
          });
        await request(() =>
          atomic(() =>
            Promise.all([nested("first"), beside[way]?.(), nested("second"), atomic(() => insert("third"))]),
          ),
        );
        expect(await names()).toEqual(
          expect.arrayContaining(["first", "first deeper", "second", "second deeper", "third"]),
        );
      },
    );
  });
}
