import { defineErrors } from "../errors.ts";

/** Codes of signing. */
export const signingErrors = defineErrors({
  SIGNING_SECRET_MISSING: {
    message: () =>
      "There is no secret key to sign with. Expected at least one text that nobody can guess. Set secretKey in antiphon.config.ts, or ANTIPHON_SECRET_KEY in the environment.",
  },
});
