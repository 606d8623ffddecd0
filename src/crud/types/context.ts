import type { RequestUser } from "../../bridge/request-types.ts";

/** An action of a data state. */
export type CrudAction = "loadList" | "save" | "delete" | "startEdit" | "cancelEdit";

/** The action that is running, as hooks get it. */
export interface CrudContext {
  readonly action: CrudAction;
  /** The key of the row, as the page sent it; null for a new row and for a list. */
  readonly id: string | number | null;
  /** Whether `save` makes a new row. */
  readonly isNew: boolean;
  /** The user of the request, signed in or not. */
  readonly user: RequestUser;
}
