import { type InferEntityFromProperties, p } from "@mikro-orm/core";
import type { Row } from "../../models/query/query-set-types.ts";
import { isModelClass, type ModelClass, type ModelOptions, model, modelDefinition } from "../../models/schema/model.ts";
import { email } from "../../models/schema/validators.ts";
import { Group } from "./group.ts";
import { Permission } from "./permission.ts";
import { usernameCharacters } from "./username.ts";

/** Longest username, in characters. */
export const USERNAME_MAX_LENGTH = 150;

const userProperties = {
  id: p.integer().primary(),
  username: p.string().length(USERNAME_MAX_LENGTH).unique(),
  firstName: p.string().length(150).default(""),
  lastName: p.string().length(150).default(""),
  email: p.string().length(254).default(""),
  // Never in rows that do not name it. The default is what no password matches.
  password: p.string().length(255).default("!").hidden(),
  isStaff: p.boolean().default(false),
  isActive: p.boolean().default(true),
  isSuperuser: p.boolean().default(false),
  dateJoined: p.datetime().onCreate(() => new Date()),
  lastLogin: p.datetime().nullable(),
  groups: () => p.manyToMany(Group),
  userPermissions: () => p.manyToMany(Permission),
};

type BaseProperties = typeof userProperties;

/** The properties of a user model: those of every user, and an app's own, which may replace them. */
export type UserProperties<P> = P & Omit<BaseProperties, keyof P>;

const made = new WeakSet<object>();

/**
 * Makes a user model with properties of the app's own; extend what it returns and export it from `src/models.ts`, and it
 * stands in place of `User` everywhere.
 *
 * Begin a project with one of your own if you can: other tables refer to it, so that it is hard to replace later.
 *
 * @throws MODEL_NAME_INVALID
 * @example
 * export class User extends userModel("User", { phone: p.string().length(30).nullable() }) {}
 */
export function userModel<
  const Name extends string = "User",
  const P extends Record<string, unknown> = Record<never, never>,
>(
  name: Name = "User" as Name,
  properties: P = {} as P,
  options: ModelOptions<UserProperties<P>> = {},
): ModelClass<InferEntityFromProperties<UserProperties<P>>, Name> {
  const fields = options.fields as ModelOptions<BaseProperties>["fields"];
  const merged: ModelOptions<BaseProperties> = {
    tableName: "auth_user",
    appLabel: "auth",
    ordering: ["username"],
    ...(options as ModelOptions<BaseProperties>),
    fields: {
      ...fields,
      username: { validators: [usernameCharacters], ...fields?.username },
      email: { label: "E-mail", validators: [email()], ...fields?.email },
      // A form that could name it would write a hash of somebody's choice.
      password: { ...fields?.password, editable: false },
      isStaff: { label: "Staff", helpText: "May sign in to the admin.", ...fields?.isStaff },
      isActive: { label: "Active", helpText: "Take this away instead of deleting the user.", ...fields?.isActive },
      isSuperuser: { label: "Superuser", helpText: "Has every permission.", ...fields?.isSuperuser },
    },
  };
  const all = { ...userProperties, ...properties } as unknown as UserProperties<P>;
  const modelClass = model(name, all as never, merged as never) as unknown as ModelClass<
    InferEntityFromProperties<UserProperties<P>>,
    Name
  >;
  made.add(modelDefinition(modelClass));
  return modelClass;
}

/** True for a model made by `userModel()`, or a class that extends it. */
export function isUserModel(value: unknown): value is UserModel {
  return isModelClass(value) && made.has(modelDefinition(value));
}

/**
 * Somebody who can sign in. An app that needs more fields exports its own class made by `userModel`.
 *
 * The password is a hash and is in no row that does not name it; set it by `createUser` and `setPassword`.
 *
 * @example
 * const staff = await objects(User).filter({ isStaff: true }).orderBy("username").rows();
 */
export class User extends userModel("User") {}

/** A model class made by `userModel()`; which one an app has is `currentAuth().user`. */
export type UserModel = typeof User;

/** A user's row as `objects(User)` gives it: no password, no members. */
export type UserRow = Row<UserModel>;
