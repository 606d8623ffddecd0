import type { RequestUser } from "../../bridge/request-types.ts";

/** What a data state can be asked to do. */
export type CrudAction = "loadList" | "save" | "delete" | "startEdit" | "cancelEdit";

/** One action on its way, as hooks see it. */
export interface CrudContext {
  readonly action: CrudAction;
  /** The key that was asked for, as it came; null for a new row and for a list. */
  readonly id: string | number | null;
  /** Whether `save` makes a new row. */
  readonly isNew: boolean;
  /** Who asks. */
  readonly user: RequestUser;
}
