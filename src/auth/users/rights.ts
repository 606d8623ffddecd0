import type { Database, QueryOutcome } from "../../models/database/database.ts";
import { pivotOf } from "../../models/query/conditions-sql.ts";
import { type Plan, planFor } from "../../models/query/select-sql.ts";
import { SqlWriter } from "../../models/query/select-sql-writer.ts";
import { type FieldInfo, fieldOf, primaryField } from "../../models/schema/field-info.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { Group } from "./group.ts";
import { Permission } from "./permission.ts";
import { isInTransaction, type StoredUser } from "./stored-user.ts";

/** Names that belong to a user: of permissions, or of groups. */
export type Names = ReadonlySet<string>;

/** What the user table says that a user may do: his own permissions and those of his groups; of a superuser all. */
export async function readPermissions(database: Database, model: ModelClass, user: StoredUser): Promise<Names> {
  const rows = user.isSuperuser
    ? await read(database, allPermissions(database), [])
    : await read(database, permissionsOfUser(database, model), [user.id]);
  return new Set(rows.map(({ app, codename }) => `${String(app)}.${String(codename)}`));
}

/** The names of a user's groups, sorted. */
export async function readGroups(database: Database, model: ModelClass, user: StoredUser): Promise<Names> {
  const rows = await read(database, groupsOfUser(database, model), [user.id]);
  return new Set(rows.map(({ name }) => String(name)));
}

async function read(
  database: Database,
  { sql, bind }: Plan,
  values: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  const parameters = bind(values);
  if (isInTransaction(database)) return (await database.run(sql, parameters)).rows;
  const now: QueryOutcome | undefined = database.readNow(sql, parameters);
  return (now ?? (await database.runReserved(sql, parameters))).rows;
}

function allPermissions(database: Database): Plan {
  return planFor(database, Permission, "auth all", () => {
    const writer = new SqlWriter(database);
    return { sql: selectPermissions(writer, "p"), bind: writer.binder(), map: undefined };
  });
}

function permissionsOfUser(database: Database, model: ModelClass): Plan {
  return planFor(database, model, "auth permissions", () => {
    const writer = new SqlWriter(database);
    const own = pivotOf(writer, model, field(model, "userPermissions"));
    const groups = pivotOf(writer, model, field(model, "groups"));
    const shared = pivotOf(writer, Group, field(Group, "permissions"));
    const user = writer.take(primaryField(model));
    const key = writer.primary("p", Permission);
    const sql = `${selectPermissions(writer, "p")} where ${key} in (select ${own.target} from ${own.table} where ${own.own} = ${user()}) or ${key} in (select s.${shared.target} from ${shared.table} s join ${groups.table} g on g.${groups.target} = s.${shared.own} where g.${groups.own} = ${user()})`;
    return { sql, bind: writer.binder(), map: undefined };
  });
}

function groupsOfUser(database: Database, model: ModelClass): Plan {
  return planFor(database, model, "auth groups", () => {
    const writer = new SqlWriter(database);
    const groups = pivotOf(writer, model, field(model, "groups"));
    const name = writer.column("g", Group, field(Group, "name"));
    const user = writer.take(primaryField(model));
    const sql = `select ${name} as ${writer.name("name")} from ${writer.table(Group)} g where ${writer.primary("g", Group)} in (select ${groups.target} from ${groups.table} where ${groups.own} = ${user()}) order by ${name}`;
    return { sql, bind: writer.binder(), map: undefined };
  });
}

function selectPermissions(writer: SqlWriter, alias: string): string {
  const column = (name: string) =>
    `${writer.column(alias, Permission, field(Permission, name))} as ${writer.name(name)}`;
  return `select ${column("app")}, ${column("codename")} from ${writer.table(Permission)} ${alias}`;
}

function field(model: ModelClass, name: string): FieldInfo {
  return fieldOf(model, name) as FieldInfo;
}
