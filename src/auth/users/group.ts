import { p } from "@mikro-orm/core";
import { model } from "../../models/schema/model.ts";
import { Permission } from "./permission.ts";

/**
 * A name for several users that share permissions.
 *
 * @example
 * const editors = await objects(Group).create({ name: "Editors", permissions: [publish.id] });
 * await objects(User).filter({ id: ada.id }).update({ groups: [editors.id] });
 */
export class Group extends model(
  "Group",
  {
    id: p.integer().primary(),
    name: p.string().length(150).unique(),
    permissions: () => p.manyToMany(Permission),
  },
  { tableName: "auth_group", appLabel: "auth", ordering: ["name"] },
) {}
