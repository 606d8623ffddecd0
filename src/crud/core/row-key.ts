import { hasCode } from "../../errors.ts";
import { coercePk } from "../../models/query/coerce-pk.ts";
import type { ModelClass } from "../../models/schema/model.ts";

/** Returns the key that a page named; undefined for what is no key, which names no row. */
export function keyFrom(model: ModelClass, raw: unknown): string | number | undefined {
  try {
    return coercePk(model, raw);
  } catch (error) {
    if (hasCode(error, "QUERY_PK_INVALID")) return undefined;
    throw error;
  }
}
