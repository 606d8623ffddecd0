import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type EventDefinition, event } from "../../state/event.ts";

/** Longest text that a page may send as a key, a name or a sort order. */
const LONGEST = 500;

function schema(expected: string, isValid: (raw: unknown) => boolean): StandardSchemaV1 {
  return {
    "~standard": {
      version: 1,
      vendor: "antiphon",
      validate: (raw) => (isValid(raw) ? { value: raw } : { issues: [{ message: `Expected ${expected}.` }] }),
    },
  };
}

const isText = (raw: unknown) => typeof raw === "string" && raw.length <= LONGEST;
const isKey = (raw: unknown) => isText(raw) || (typeof raw === "number" && Number.isFinite(raw));
const isWhole = (raw: unknown) => typeof raw === "number" && Number.isSafeInteger(raw);
const isObject = (raw: unknown) => typeof raw === "object" && raw !== null && !Array.isArray(raw);

/** A text of a bounded length. */
export const TEXT = schema("a text", isText);
const KEY = schema("a key", isKey);
const OPTIONAL_KEY = schema("a key", (raw) => raw === undefined || raw === null || isKey(raw));
const WHOLE = schema("a whole number", isWhole);
const OBJECT = schema("an object", isObject);
const PLACE = schema("an object with page or pageSize", (raw) => {
  if (!isObject(raw)) return false;
  const { page, pageSize } = raw as { readonly page?: unknown; readonly pageSize?: unknown };
  return [page, pageSize].every((one) => one === undefined || isWhole(one));
});
const CHOICE = schema('"mine" or "theirs"', (raw) => raw === "mine" || raw === "theirs");

/** Events of a list. The newest search and the newest options win. */
export const LIST_EVENTS = {
  refresh: event(),
  exists: event(),
  setSearch: event({ args: [TEXT], concurrency: "latest" }),
  clearSearch: event(),
  setOrdering: event({ args: [TEXT] }),
  filter: event({ args: [OBJECT] }),
  clearFilter: event(),
  nextPage: event(),
  prevPage: event(),
  goToPage: event({ args: [WHOLE] }),
  setPageSize: event({ args: [WHOLE] }),
  paginate: event({ args: [PLACE] }),
} as const satisfies { readonly [name: string]: EventDefinition };

/** Events of a form. */
export const FORM_EVENTS = {
  startEdit: event({ args: [KEY] }),
  load: event({ args: [KEY] }),
  create: event(),
  cancelEdit: event(),
  save: event(),
  saveForm: event({ args: [OBJECT] }),
  resolveConflict: event({ args: [CHOICE] }),
  searchOptions: event({ args: [TEXT, TEXT], concurrency: "latest" }),
  remove: event({ args: [OPTIONAL_KEY] }),
} as const satisfies { readonly [name: string]: EventDefinition };
