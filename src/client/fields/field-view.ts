import type { ClientError } from "../engine/engine-types.ts";
import type { FieldDraft, ValueKind } from "./field-value.ts";

/** What a binding shows now. Replaced, never changed in place. */
export interface FieldView {
  /** What the input shows. */
  readonly draft: FieldDraft;
  /** The draft as a value; the server's value while the draft is none. */
  readonly value: unknown;
  readonly kind: ValueKind;
  readonly error: ClientError | { readonly message: string } | undefined;
  /** Whether the server has not answered yet for what is shown. */
  readonly pending: boolean;
  /** Whether what is shown is not what the server has accepted. */
  readonly dirty: boolean;
}

/** Whether two views look the same, so that nothing has to be rendered for the newer one. */
export function sameView(a: FieldView, b: FieldView): boolean {
  if (!isSameDraft(a.draft, b.draft)) return false;
  const keys = ["value", "kind", "error", "pending", "dirty"] as const;
  return keys.every((key) => Object.is(a[key], b[key]));
}

function isSameDraft(a: FieldDraft, b: FieldDraft): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if ("other" in a || "other" in b) return "other" in a && "other" in b && Object.is(a.other, b.other);
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
