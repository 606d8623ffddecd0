import { asClientError } from "../client-error.ts";
import type { ClientError } from "../engine/engine-types.ts";
import { clientErrors } from "../errors.ts";

/** Text that is not written into the states of now, because they show something else than what it was typed for. */
export class WithheldText {
  /** Whether they show it again. */
  readonly fits: () => boolean;
  /** Whether a submit was refused because of it, so that the next one means what is on the screen. */
  isTold = false;
  /** Whether the user has typed on since: then it is written, and only a submit still asks. */
  isTypedOn = false;

  constructor(fits: () => boolean) {
    this.fits = fits;
  }

  get error(): ClientError {
    return asClientError(clientErrors.CLIENT_TEXT_NOT_WRITTEN());
  }
}
