import { model, p } from "../models/index.ts";

/** Table of sessions. */
export const SESSION_TABLE = "antiphon_session";

/**
 * A stored session. Its id is a hash of the key: who reads the table cannot sign in with it.
 *
 * Read and change sessions through `request.session`; this model is for looking at them, and for deleting them.
 */
export class SessionRecord extends model(
  "SessionRecord",
  {
    id: p.string().length(43).primary(),
    data: p.text(),
    version: p.integer().default(1),
    expiresAt: p.datetime().index(),
  },
  {
    tableName: SESSION_TABLE,
    appLabel: "sessions",
    ordering: ["-expiresAt"],
    verboseName: "session",
    fields: { data: { editable: false }, version: { editable: false } },
  },
) {}
