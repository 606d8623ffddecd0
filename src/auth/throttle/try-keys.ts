import type { RequestContext } from "../../bridge/request-context.ts";
import type { ThrottleKeys } from "./throttle.ts";

/** What a try in a request is counted by: where it comes from, and the name that was typed, if any was. */
export function tryKeys({ ip, headers }: RequestContext, identifier?: unknown): ThrottleKeys {
  const userAgent = headers["user-agent"];
  return {
    ip,
    ...(typeof identifier === "string" ? { identifier } : {}),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}
