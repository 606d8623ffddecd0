import { p } from "@mikro-orm/core";
import { model } from "../../models/schema/model.ts";

/** Tells permissions apart in every database; their keys are each database's own, since `migrate` writes the rows. */
export const PERMISSION_FIELDS = ["app", "model", "codename"] as const;

/**
 * Something that may be allowed: `app.codename`, for example `notes.change_note`.
 *
 * `syncPermissions` writes one row for each permission of each model; rows of your own may stand beside them.
 *
 * @example
 * const [publish] = await objects(Permission).filter({ app: "notes", codename: "publish_note" }).rows();
 */
export class Permission extends model(
  "Permission",
  {
    id: p.integer().primary(),
    name: p.string().length(255),
    app: p.string().length(100),
    model: p.string().length(100),
    codename: p.string().length(100),
  },
  {
    tableName: "auth_permission",
    appLabel: "auth",
    ordering: ["app", "model", "codename"],
    uniqueTogether: [PERMISSION_FIELDS],
  },
) {}
