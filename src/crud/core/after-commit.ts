import { currentAuth } from "../../auth/identity/auth.ts";
import { asError } from "../../errors.ts";
import { textForReader } from "../../i18n/keyed-text.ts";
import { writeVar } from "./state-vars.ts";

const NOT_SHOWN = { key: "The change was saved, but this page could not be updated. Reload it." };

/**
 * Runs what follows a change that is stored already. A failure is logged and shown as what it is: undoing the vars would tell
 * the user that nothing was saved, and a second try would make the same row again.
 */
export async function afterCommit(state: object, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { logger } = currentAuth().settings;
    logger?.error({ err: asError(error) }, `${state.constructor.name} saved a row, and could not show it`);
    writeVar(state, "error", textForReader(NOT_SHOWN));
  }
}
