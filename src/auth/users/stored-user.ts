import { contexts } from "../../models/database/context-store.ts";
import type { Database, QueryOutcome } from "../../models/database/database.ts";
import { coercePk } from "../../models/query/coerce-pk.ts";
import { type Plan, planFor, writeSelect } from "../../models/query/select-sql.ts";
import { fieldOf, primaryField } from "../../models/schema/field-info.ts";
import { type ModelClass, modelDefinition } from "../../models/schema/model.ts";

/** What the framework knows of a user. It holds the password's hash: it never leaves this folder. */
export interface StoredUser {
  readonly id: number | string;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly isStaff: boolean;
  readonly isActive: boolean;
  readonly isSuperuser: boolean;
  readonly password: string;
}

/** Fields of a user that the framework reads, whatever the app's own model adds. */
export const USER_FIELDS = [
  "id",
  "username",
  "email",
  "firstName",
  "lastName",
  "isStaff",
  "isActive",
  "isSuperuser",
  "password",
] as const satisfies readonly (keyof StoredUser)[];

/** Whether two readings of a user say the same. */
export function isSameUser(one: StoredUser, other: StoredUser): boolean {
  return USER_FIELDS.every((name) => one[name] === other[name]);
}

/** The key of a user as rows hold it, from the text in a session; undefined when it can't be one. */
export function userKey(model: ModelClass, text: string): number | string | undefined {
  try {
    return coercePk(model, text);
  } catch {
    return undefined;
  }
}

/** Reads single users, in one statement that is made once. */
export class UserReader {
  readonly #database: Database;
  readonly #model: ModelClass;

  constructor(database: Database, model: ModelClass) {
    this.#database = database;
    this.#model = model;
  }

  /** At once; null when there is no such user, undefined when the database can't answer at once. */
  now(id: number | string): StoredUser | null | undefined {
    const plan = this.#plan();
    const outcome = this.#database.readNow(plan.sql, plan.bind([id]));
    return outcome && this.#read(plan, outcome);
  }

  /** As it is committed; null when there is no such user. */
  async load(id: number | string): Promise<StoredUser | null> {
    const plan = this.#plan();
    const outcome = await outside(this.#database, () => this.#database.runReserved(plan.sql, plan.bind([id])));
    return this.#read(plan, outcome);
  }

  /** As the running transaction sees it, if there is one; null when there is no such user. */
  async inside(id: number | string): Promise<StoredUser | null> {
    const plan = this.#plan();
    return this.#read(plan, await this.#database.run(plan.sql, plan.bind([id])));
  }

  #read(plan: Plan, { rows }: QueryOutcome): StoredUser | null {
    plan.map?.(rows);
    return (rows[0] as StoredUser | undefined) ?? null;
  }

  #plan(): Plan {
    const model = this.#model;
    return planFor(this.#database, model, "auth user", () => {
      const fields = USER_FIELDS.map((name) => fieldOf(model, name)).filter((field) => field !== undefined);
      return writeSelect(this.#database, {
        model: this.#database.models.get(modelDefinition(model).name) ?? model,
        where: [{ kind: "test", field: primaryField(model), operator: "eq", count: 1 }],
        fields,
        ordering: undefined,
        placeMask: undefined,
        limit: false,
        offset: false,
      });
    });
  }
}

/** Runs work outside of the calling code's transaction: what is cached must be committed. */
export function outside<T>(database: Database, work: () => T): T {
  return contexts.run({ database }, work);
}

/** Whether the calling code is inside a transaction of this database. */
export function isInTransaction(database: Database): boolean {
  const context = contexts.getStore();
  return context?.database === database && context.scope !== undefined;
}

interface Native {
  readonly memory?: boolean;
  readonly inTransaction?: boolean;
}

/** Whether reading at once may see what nobody has committed: SQLite in memory has one connection for all. */
export function seesUncommitted(database: Database): boolean {
  const native = database.native as Native | undefined;
  return native?.memory === true && native.inTransaction === true;
}
