/** URL paths that belong to the framework itself; no prefix of an app may lie at or under one of them. */
export const ENDPOINTS = {
  /** The socket. */
  channel: "/_event",
  /** File uploads. */
  upload: "/_upload",
  /** Liveness and readiness for load balancers. */
  health: "/_health",
  /** The development server's own module-reload socket. */
  reload: "/_reload",
} as const;

/** Paths that an app's prefixes may neither equal nor lie under. */
export const RESERVED_PATHS: readonly string[] = [
  ...Object.values(ENDPOINTS),
  "/_all_routes",
  "/ping",
  "/auth-codespace",
];
