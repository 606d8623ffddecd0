import { emptyOr, type KindRow, nullable, parsed, refused } from "./kind-row.ts";

const TRUE: ReadonlySet<unknown> = new Set([true, "true", "on", 1]);
const FALSE: ReadonlySet<unknown> = new Set([false, "false", "off", 0]);
const asBoolean = (value: unknown) =>
  value === true || value === 1 || value === 1n || value === "t" || value === "true" || value === "1";

/** Yes or no: `true`, `"true"`, `"on"`, `1` and their opposites; whatever else is an error, never a guess. */
export const booleanKind: KindRow = {
  parse(raw) {
    if (TRUE.has(raw)) return parsed(true);
    return FALSE.has(raw) && !Object.is(raw, -0) ? parsed(false) : refused("Choose yes or no.");
  },
  toPlain: nullable(asBoolean),
  fromDriver: nullable(asBoolean),
  toDriver: nullable((value, dialect: string) =>
    dialect === "postgres" ? asBoolean(value) : Number(asBoolean(value)),
  ),
  empty: (field) => emptyOr(field, false),
  widget: "checkbox",
};

/** One of the items that the model lists, texts or numbers. */
export const enumKind: KindRow = {
  parse(raw, field) {
    const items = field.enumItems ?? [];
    if ((typeof raw === "string" || typeof raw === "number") && items.includes(raw)) return parsed(raw);
    // An input's value is always text.
    const item =
      typeof raw === "string" ? items.find((one) => typeof one === "number" && String(one) === raw) : undefined;
    return item === undefined ? refused("Choose one of the listed values.") : parsed(item);
  },
  toPlain: nullable((value, field) => itemOf(value, field.enumItems)),
  fromDriver: nullable((value, _dialect, field) => itemOf(value, field.enumItems)),
  toDriver: nullable((value) => value),
  empty: (field) => emptyOr(field, null),
  widget: "select",
};

/** SQLite answers numbers as bigints in some statements; a row holds the item as the model lists it. */
function itemOf(value: unknown, items: readonly (string | number)[] = []): string | number {
  if (typeof value === "string" || typeof value === "number") {
    if (items.includes(value)) return value;
  }
  return items.find((item) => String(item) === String(value)) ?? String(value);
}
