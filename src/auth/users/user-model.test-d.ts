import { p } from "@mikro-orm/core";
import { expectTypeOf } from "vitest";
import { currentUser } from "../../bridge/current-request.ts";
import { objects } from "../../models/query/query-set.ts";
import type { Row } from "../../models/query/query-set-types.ts";
import { type Instance, type ModelName, model } from "../../models/schema/model.ts";
import { createUser } from "../account/create-user.ts";
import { requireUser } from "../guards/require-user.ts";
import { User, type UserRow, userModel } from "./user-model.ts";

class Account extends userModel(
  "Account",
  { phone: p.string().nullable(), level: p.enum(["low", "high"]).default("low") },
  { ordering: ["-phone", "username"], fields: { phone: { label: "Telephone" } } },
) {}
class ByUuid extends userModel("ByUuid", { id: p.uuid().primary() }) {}
class Note extends model("Note", { id: p.integer().primary(), user: () => p.manyToOne(Account) }) {}

declare const account: Instance<typeof Account>;
declare const note: Note;
declare const row: Row<typeof Account>;
declare const user: UserRow;

// The name and the properties of the app's own are exact.
expectTypeOf<ModelName<typeof Account>>().toEqualTypeOf<"Account">();
expectTypeOf(row.phone).toEqualTypeOf<string | null>();
expectTypeOf(row.level).toEqualTypeOf<"low" | "high">();
expectTypeOf(note.user.phone).toEqualTypeOf<string | null | undefined>();

// Those of every user are there.
expectTypeOf(row.username).toEqualTypeOf<string>();
expectTypeOf(row.lastLogin).toEqualTypeOf<string | null>();
expectTypeOf(account.groups[0]?.name).toEqualTypeOf<string | undefined>();
expectTypeOf(account.groups[0]?.permissions[0]?.codename).toEqualTypeOf<string | undefined>();
expectTypeOf(user.id).toEqualTypeOf<number>();

// A property of every user may be replaced.
expectTypeOf<Row<typeof ByUuid>["id"]>().toEqualTypeOf<string>();

// Rows hold no password.
expectTypeOf<"password" extends keyof UserRow ? true : false>().toEqualTypeOf<false>();
expectTypeOf<"password" extends keyof Row<typeof Account> ? true : false>().toEqualTypeOf<false>();
// @ts-expect-error nothing is sorted by it
objects(User).orderBy("password");

// Only a username is asked for.
objects(Account).create({ username: "ada" });
// @ts-expect-error no username
objects(Account).create({ phone: "1" });
// @ts-expect-error no such item
objects(Account).create({ username: "ada", level: "middle" });
// @ts-expect-error an order by nothing
class NoOrder extends userModel("NoOrder", {}, { ordering: ["nothing"] }) {}

// A new user needs a username, and may have fields of the app's own.
createUser({ username: "ada", password: null, isStaff: true, phone: "123" });
// @ts-expect-error no username
createUser({ password: "correct horse" });
// @ts-expect-error no text
createUser({ username: 5 });
// @ts-expect-error no boolean
createUser({ username: "ada", isStaff: "yes" });

// Who is signed in fits where the row of a user, or its key, is expected: of whatever kind the key is.
class Task extends model("Task", {
  id: p.integer().primary(),
  owner: () => p.manyToOne(ByUuid),
  watchers: () => p.manyToMany(Account),
  previous: () => p.manyToOne(Task).nullable(),
  title: p.string(),
}) {}
const me = requireUser();
objects(Note).filter({ user: me.id });
objects(Task).filter({ owner: me.id, watchers: me.id, title: "a" });
objects(Task).filter({ owner: { in: [me.id] }, watchers: { ne: me.id } });
objects(Task).filter({ owner: currentUser(), watchers: me, $not: { owner: { ne: me } } });
objects(Note).create({ user: me.id });
objects(Note).create({ user: me });
objects(Task).create({ owner: me, title: "a", watchers: [me, me.id] });
objects(Task).filter({ id: 1 }).update({ owner: me.id });
objects(Account).filter({ id: me.id });
objects(ByUuid).filter({ id: { in: ["a"] } });
objects(ByUuid).get(me.id);
// @ts-expect-error nobody has the key null
objects(Task).filter({ owner: currentUser().id });
// @ts-expect-error a user is no task
objects(Task).filter({ previous: me });
// @ts-expect-error a user's key may be text, a task's is none
objects(Task).filter({ previous: me.id });
// @ts-expect-error a user is no title
objects(Task).create({ owner: me, title: me.id });
// @ts-expect-error what only looks like a user
objects(Task).create({ owner: { id: 1 }, title: "a" });

export type Unused = NoOrder;
