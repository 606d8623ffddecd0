import { defineErrors } from "../../errors.ts";

/** Codes of the canned pages. */
export const authPageErrors = defineErrors({
  AUTH_PAGE_SLOT_UNKNOWN: {
    message: (call: string, slot: string, known: readonly string[]) =>
      `${call}() was given the part "${slot}", which the page does not have. Expected one of: ${known.join(", ")}.`,
  },
  AUTH_PAGE_OUTSIDE: {
    message: (part: string) =>
      `<${part}> was rendered outside of a canned page. Expected it in a part of createLoginPage() or of one of its siblings. Elsewhere use a component of your own.`,
  },
});
