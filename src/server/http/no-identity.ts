import { anonymousUser } from "../../bridge/anonymous-user.ts";
import type { Identity } from "../../bridge/request-context.ts";
import { serverErrors } from "../errors.ts";

/** Stands in where nobody keeps sessions: everybody is anonymous, and whoever asks for a session is told so. */
export const noIdentity: Identity = {
  session: () => {
    throw serverErrors.SERVER_SESSIONS_MISSING();
  },
  user: () => anonymousUser,
  language: () => "en",
  prepare: () => {},
  forget: () => {},
  finish: () => {},
  isUnsaved: () => false,
  delivered: async () => {},
  owner: () => undefined,
  snapshotToken: () => undefined,
  sessionId: () => undefined,
  onChange: () => () => {},
};
