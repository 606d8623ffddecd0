import { model, p } from "../../models/index.ts";

/** Table of counted tries. */
export const THROTTLE_TABLE = "antiphon_throttle";

/**
 * How often something was tried from an address or for a name. Names are in it as digests only.
 *
 * `Throttle` counts in it; this model is for looking at the counts, and for deleting them.
 */
export class ThrottleRecord extends model(
  "ThrottleRecord",
  {
    id: p.string().length(43).primary(),
    purpose: p.string().length(20),
    rule: p.string().length(40),
    ip: p.string().length(50).nullable().index(),
    identifier: p.string().length(43).nullable().index(),
    userAgent: p.string().length(43).nullable(),
    count: p.integer(),
    resetAt: p.datetime().index(),
  },
  {
    tableName: THROTTLE_TABLE,
    appLabel: "auth",
    ordering: ["-count"],
    verboseName: "throttle counter",
    fields: { ip: { label: "IP address" } },
  },
) {}
