import type { ModelClass } from "../models/model.ts";
import { SessionRecord } from "../sessions/session-record.ts";
import { Group } from "./group.ts";
import { Permission } from "./permission.ts";
import { ThrottleRecord } from "./throttle-record.ts";
import { isUserModel, User } from "./user-model.ts";

/**
 * The framework's own models that an app's database needs beside the app's. `User` is left out when the app has a user
 * model of its own.
 *
 * @example
 * const models = [...appModels, ...builtInModels(appModels)];
 */
export function builtInModels(appModels: readonly unknown[]): readonly ModelClass[] {
  const own = appModels.some((model) => isUserModel(model) && model !== User);
  const all: readonly ModelClass[] = [...(own ? [] : [User]), Group, Permission, SessionRecord, ThrottleRecord];
  return all.filter((model) => !appModels.includes(model));
}
