import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cleanData, type Database, model, objects, p, validate, withDatabase } from "../../../src/models/index.ts";
import type { OpenDatabase, TestDatabase } from "../../support/database-servers.ts";

class Topic extends model("Topic", { id: p.integer().primary(), name: p.string().length(20) }) {}

class Subscription extends model(
  "Subscription",
  {
    id: p.integer().primary(),
    name: p.string().length(20),
    news: p.boolean().default(true),
    trial: p.boolean().nullable(),
    terms: p.boolean(),
    topics: () => p.manyToMany(Topic),
    favourites: () => p.manyToMany(Topic),
  },
  { fields: { favourites: { blank: false } } },
) {}

class Account extends model(
  "Account",
  {
    id: p.integer().primary(),
    name: p.string().length(20),
    terms: p.boolean(),
    news: p.boolean().default(true),
    trial: p.boolean().nullable(),
    topics: () => p.manyToMany(Topic),
  },
  {
    fields: {
      terms: { validators: [(value) => (value === true ? undefined : "Accept the terms.")] },
      news: { validators: [(value) => (value === false ? "Choose the news." : undefined)] },
      trial: { validators: [(value) => (value === false ? "Choose the trial." : undefined)] },
      topics: { validators: [(value) => ((value as unknown[]).length < 2 ? "Choose two." : undefined)] },
    },
  },
) {}

/** What browsers send of a form without scripts: nothing of a box without a tick, a text for the one chosen option. */
export function plainForms(open: OpenDatabase): void {
  describe("plain forms", () => {
    let opened: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      opened = await open({ models: [Topic, Subscription, Account] });
      database = opened.database;
      await request(async () => {
        await objects(Topic).createMany([{ name: "a" }, { name: "b" }]);
        const ticked = { news: true, trial: true, terms: true };
        await objects(Subscription).create({ name: "old", ...ticked, topics: [1, 2], favourites: [1] });
      });
    });
    afterEach(() => opened.close());
    const request = <T>(work: () => Promise<T>): Promise<T> => withDatabase(database, work);
    const fields = ["name", "news", "trial", "terms", "topics"] as const;
    const empty = { news: false, trial: false, terms: false, topics: [] };

    test("Ticks and choices that were taken away are stored.", async () => {
      await request(async () => {
        const saved = await objects(Subscription).get(1);
        for (const instance of [
          saved,
          await objects(Subscription)
            .filter({ id: 1 })
            .entities()
            .then(([one]) => one),
        ]) {
          const { values, errors } = await cleanData(Subscription, { name: "new" }, { form: true, fields, instance });
          expect([errors, values]).toEqual([{}, { name: "new", ...empty }]);
        }
        const { values } = await cleanData(Subscription, { name: "new" }, { form: true, fields, instance: saved });
        expect(await objects(Subscription).filter({ id: 1 }).update(values)).toBe(1);
        const [row] = await objects(Subscription).related("topics").rows();
        expect(row).toMatchObject({ name: "new", ...empty });
      });
    });

    test("A new row of a form in which nothing is ticked holds no default instead.", async () => {
      await request(async () => {
        const { values, errors } = await cleanData(Subscription, { name: "new" }, { form: true, fields });
        expect([errors, values]).toEqual([{}, { name: "new", ...empty }]);
        expect(await objects(Subscription).create(values)).toMatchObject({ news: false, trial: false, terms: false });
      });
    });

    test("A box without a tick is refused by the validators that refuse false, and an empty list by those that refuse it.", async () => {
      const refused = {
        terms: ["Accept the terms."],
        news: ["Choose the news."],
        trial: ["Choose the trial."],
        topics: ["Choose two."],
      };
      await request(async () => {
        const ticked = { name: "old", terms: true, news: true, trial: true };
        const instance = await objects(Account).create(ticked);
        const ways = [{}, { instance }];
        for (const way of ways) {
          const options = { form: true, fields, ...way };
          for (const sent of [{}, { news: "false", trial: "false", terms: "false", topics: [] }]) {
            const { values, errors } = await cleanData(Account, { name: "new", ...sent }, options);
            expect([errors, values]).toEqual([refused, { name: "new" }]);
          }
          expect(await validate(Account, { ...ticked, topics: "1" }, options)).toEqual({ topics: ["Choose two."] });
        }
      });
    });

    test("A list that must not be empty is asked for, and one choice is a list of one.", async () => {
      await request(async () => {
        const more = [...fields, "favourites"] as const;
        const ticked = { name: "new", news: "on", terms: "true", topics: "2" };
        const without = await cleanData(Subscription, ticked, { form: true, fields: more });
        expect(without.errors).toEqual({ favourites: ["This field is required."] });
        const sent = { ...ticked, favourites: ["1", "2"] };
        const { values, errors } = await cleanData(Subscription, sent, { form: true, fields: more });
        const read = { name: "new", news: true, trial: false, terms: true, topics: [2], favourites: [1, 2] };
        expect([errors, values]).toEqual([{}, read]);
        const unknown = await cleanData(Subscription, { ...ticked, topics: "9" }, { form: true, fields });
        expect(Object.keys(unknown.errors)).toEqual(["topics"]);
      });
    });

    test("Where the form's fields are not named, or the data is a part, what is missing is left alone.", async () => {
      await request(async () => {
        const instance = await objects(Subscription).get(1);
        const ways = [
          { form: true, instance },
          { fields, instance },
          { form: true, fields, partial: true },
          { form: true, fields, instance, partial: true },
        ];
        for (const options of ways) {
          expect(await cleanData(Subscription, { name: "new" }, options)).toEqual({
            values: { name: "new" },
            errors: {},
          });
        }
        const other = await cleanData(
          Subscription,
          { name: "new" },
          { form: true, fields: ["name", "news"], instance },
        );
        expect(other.values).toEqual({ name: "new", news: false });
      });
    });
  });
}
