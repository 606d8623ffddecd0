import { fieldInfo } from "../models/schema/field-info.ts";
import { isModelClass, type ModelClass, modelDefinition } from "../models/schema/model.ts";
import { SessionRecord } from "../sessions/session-record.ts";
import { authErrors } from "./errors.ts";
import { ThrottleRecord } from "./throttle/throttle-record.ts";
import { Group } from "./users/group.ts";
import { Permission } from "./users/permission.ts";
import { isUserModel, User, type UserModel } from "./users/user-model.ts";

/**
 * The framework's own models that an app's database needs beside the app's. `User` is left out when the app has a user
 * model of its own.
 *
 * @throws AUTH_USER_MODEL_TWICE, AUTH_USER_MODEL_OTHER
 * @example
 * const models = [...appModels, ...builtInModels(appModels)];
 */
export function builtInModels(appModels: readonly unknown[]): readonly ModelClass[] {
  const own = appModels.find((model) => isUserModel(model) && model !== User);
  // Before the database is opened, where all that shows of it is two tables of one name.
  if (own) assertOneUserModel(own as UserModel, appModels.filter(isModelClass));
  const all: readonly ModelClass[] = [...(own ? [] : [User]), Group, Permission, SessionRecord, ThrottleRecord];
  return all.filter((model) => !appModels.includes(model));
}

function assertOneUserModel(own: UserModel, models: readonly ModelClass[]): void {
  const { options } = modelDefinition(own);
  for (const model of models) {
    if (model !== own && isUserModel(model) && modelDefinition(model).options.tableName === options.tableName) {
      throw authErrors.AUTH_USER_MODEL_TWICE(own.name, model.name);
    }
    for (const { name, relation } of fieldInfo(model)) {
      const target = relation?.target();
      if (!isUserModel(target) || models.some((each) => modelDefinition(each) === modelDefinition(target))) continue;
      throw authErrors.AUTH_USER_MODEL_OTHER(`${model.name}.${name}`, target.name, own.name);
    }
  }
}
