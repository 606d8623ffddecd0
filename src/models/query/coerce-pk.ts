import { modelErrors } from "../errors.ts";
import { primaryField } from "../schema/field-info.ts";
import { parseKey } from "../schema/field-kinds.ts";
import { type ModelClass, modelDefinition } from "../schema/model.ts";

/**
 * Makes a primary key of what a browser sent: a string or a number of the key's kind, and nothing else.
 *
 * Use it before a raw value comes near a query. An object such as `{ "$gt": 0 }`, a list, or another spelling of a key
 * ("01", " 1") never passes. A key of a big integer is a string; a UUID is in lower case.
 *
 * @throws QUERY_PK_INVALID (400)
 * @example
 * const id = coercePk(Note, request.params.id);
 */
export function coercePk(model: ModelClass, raw: unknown): string | number {
  const result = parseKey(primaryField(model), raw);
  if (result.ok && (typeof result.value === "string" || typeof result.value === "number")) return result.value;
  throw modelErrors.QUERY_PK_INVALID(modelDefinition(model).name);
}
