import type { EntityProperty } from "@mikro-orm/core";
import { currentContext, ownManager } from "../database/context.ts";
import type { FieldInfo } from "../schema/field-info.ts";
import { fieldKinds, type Plain } from "../schema/field-kinds.ts";
import type { ModelClass } from "../schema/model.ts";
import { modelFields } from "../schema/query-set-fields.ts";
import type { PlainKey } from "./write-rows.ts";
import { entityValue, type WriteData } from "./write-values.ts";

/**
 * Writes new rows through a unit of work of their own, so that defaults, hooks and members are the ORM's, and nothing that
 * waits in the caller's is written along. Gives their keys.
 */
export async function createRows(model: ModelClass, list: readonly WriteData[]): Promise<PlainKey[]> {
  if (list.length === 0) return [];
  const context = currentContext();
  const { database } = context;
  const meta = database.meta(model);
  const properties = meta.properties as Record<string, EntityProperty>;
  const manager = ownManager(context).fork({ clear: true, keepTransactionContext: true });
  const entities = list.map(({ columns, members }) => {
    const data: Record<string, unknown> = {};
    const put = (field: FieldInfo, value: Plain) => entityValue(value, field, properties[field.name] as EntityProperty);
    for (const [field, value] of columns) data[field.name] = put(field, value);
    for (const [field, keys] of members) data[field.name] = keys.map((key) => put(field, key));
    const entity = manager.create(meta.class as never, data as never, { partial: true } as never) as Record<
      string,
      unknown
    >;
    manager.persist(entity);
    return entity;
  });
  await manager.flush();
  const { primary } = modelFields(model);
  return entities.map((entity) => fieldKinds[primary.kind].toPlain(entity[primary.name], primary) as PlainKey);
}
