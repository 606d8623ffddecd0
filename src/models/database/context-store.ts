import type { SqlEntityManager } from "@mikro-orm/sql";
import { ContextVariable } from "../../context-variable.ts";
import type { Change } from "./change-feed.ts";
import type { Database } from "./database.ts";
import type { Scope } from "./scope.ts";

/** What the running request, event, hook or command works with. */
export interface DatabaseContext {
  readonly database: Database;
  /** Made when it is first asked for. */
  manager?: SqlEntityManager | undefined;
  /** The call that it was made for has ended: what goes on, such as a timer, has no unit of work that would ever end. */
  ended?: boolean;
  /** The innermost open transaction. */
  scope?: Scope | undefined;
}

/** The context of the running code. */
export const contexts = new ContextVariable<DatabaseContext>();

/** Notes a change for the transaction of the running code; false when there is none. */
export function noteChange(database: Database, changes: readonly Change[]): boolean {
  const context = contexts.getStore();
  if (context?.database !== database || !context.scope) return false;
  context.scope.changes.push(...changes);
  return true;
}
