/** Who may be asked for by name. */
export interface HostRule {
  readonly mode: "development" | "production" | "test";
  /** Names that the author allows; `.example.com` allows every name below it, and `*` any name. */
  readonly allowedHosts: readonly string[];
}

const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Decides whether a request's `Host` header names this server.
 *
 * In development a foreign page may point its own domain at 127.0.0.1 and would then share the server's origin, so only
 * addresses, `localhost` and the names that the author lists are taken. In production the list counts if there is one.
 *
 * @example
 * isAllowedHost("evil.example:3000", { mode: "development", allowedHosts: [] }); // false
 */
export function isAllowedHost(host: string | undefined, rule: HostRule): boolean {
  if (rule.allowedHosts.includes("*") || (rule.mode === "production" && rule.allowedHosts.length === 0)) return true;
  // A name and a port, and nothing that another reader could take for another host.
  if (host === undefined || !HOST.test(host) || !URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/\.$/, "");
  if (rule.allowedHosts.some((allowed) => (allowed.startsWith(".") ? name.endsWith(allowed) : name === allowed)))
    return true;
  if (rule.mode === "production") return false;
  return name === "localhost" || name.endsWith(".localhost") || name.startsWith("[") || /^[\d.]+$/.test(name);
}
