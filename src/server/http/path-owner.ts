import { ENDPOINTS } from "../../protocol/endpoints.ts";
import { serverErrors } from "../errors.ts";
import { type ServerConfig, serverOptions } from "../options.ts";
import { ENDPOINT_PATHS, FRAMEWORK_PATHS } from "./endpoints.ts";

/** Who answers a URL path: the app's HTTP views, the admin, the socket, the framework's own endpoints, or the pages and files. */
export type Owner = "backend" | "admin" | "channel" | "framework" | "frontend";

/** The prefixes of `antiphon.config.ts`, as an author writes them. */
export type PrefixOptions = Pick<ServerConfig, "backendPrefix" | "adminPrefix" | "extraPrefixes">;

/** Checked prefixes with a leading and without a trailing slash. */
export interface PrefixTable {
  readonly backend: string | undefined;
  readonly admin: string;
  readonly extra: readonly string[];
}

/** The owner of a path; for the channel and the framework also which endpoint is meant. */
export interface PathOwnership {
  readonly owner: Owner;
  /** The endpoint without an app's prefix before it: "/_upload" for "/api/_upload/3". */
  readonly endpoint?: string;
}

/**
 * Checks the prefixes of an app and brings them into one form.
 *
 * @throws SERVER_PREFIX_EMPTY, SERVER_PREFIX_ROOT, SERVER_PREFIX_INVALID, SERVER_PREFIX_RESERVED, SERVER_PREFIX_DUPLICATE
 * @example
 * const prefixes = prefixTable({ backendPrefix: "api/", extraPrefixes: ["/billing"] });
 * pathOwner(prefixes, "/api/me"); // { owner: "backend" }
 */
export function prefixTable(options: PrefixOptions): PrefixTable {
  const taken = new Map<string, string>();
  const take = (key: string, prefix: string) => {
    const checked = checkPrefix(key, prefix);
    const other = taken.get(checked);
    if (other !== undefined) throw serverErrors.SERVER_PREFIX_DUPLICATE(key, checked, other);
    taken.set(checked, key);
    return checked;
  };
  const backend = options.backendPrefix ? take("backendPrefix", options.backendPrefix) : undefined;
  const admin = take("adminPrefix", options.adminPrefix ?? serverOptions.adminPrefix.default);
  const extra = (options.extraPrefixes ?? []).map((prefix, index) => take(`extraPrefixes[${index}]`, prefix));
  return { backend, admin, extra };
}

/**
 * Says who answers a path. Pure: `path` must have passed `readTarget`, has no query and is compared case-sensitively.
 *
 * The framework's endpoints win everywhere, also below a prefix; then the longest prefix wins. Percent-encoded letters
 * count as the letters, because Fastify reads them so too; an encoded slash never separates segments.
 */
export function pathOwner(prefixes: PrefixTable, path: string): PathOwnership {
  const plain = decodeUnreserved(path);
  const reserved = FRAMEWORK_PATHS.find((endpoint) => isUnder(plain, endpoint));
  if (reserved !== undefined) return endpointOwner(reserved);
  const prefix = longestPrefix(prefixes, plain);
  if (prefix === undefined) return { owner: "frontend" };
  const below = plain.slice(prefix.length);
  const endpoint = ENDPOINT_PATHS.find((candidate) => isUnder(below, candidate));
  if (endpoint !== undefined) return endpointOwner(endpoint);
  return { owner: prefix === prefixes.admin ? "admin" : "backend" };
}

/** Whether `path` is `prefix` itself or lies below it: "/admin/users" does, "/administrator" does not. */
export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/**
 * Reads the path out of an HTTP request target and refuses every spelling that two readers could take differently:
 * a leading `//`, backslashes, dot segments (plain or encoded), control characters, malformed escapes, fragments.
 *
 * @throws SERVER_PATH_INVALID (status 400)
 */
export function readTarget(target: string): { readonly path: string; readonly url: string } {
  // A proxy may send the absolute form; only its path concerns us, the Host header names the site.
  const url = target.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  const query = url.indexOf("?");
  const path = (query === -1 ? url : url.slice(0, query)) || "/";
  if (!path.startsWith("/")) throw serverErrors.SERVER_PATH_INVALID("it does not begin with a slash");
  if (path.startsWith("//")) throw serverErrors.SERVER_PATH_INVALID("it begins with two slashes");
  if (url.includes("#")) throw serverErrors.SERVER_PATH_INVALID("it holds a fragment");
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw serverErrors.SERVER_PATH_INVALID("it holds a malformed escape");
  }
  if (decoded.includes("\\")) throw serverErrors.SERVER_PATH_INVALID("it holds a backslash");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f]/.test(decoded)) throw serverErrors.SERVER_PATH_INVALID("it holds a control character");
  if (decoded.split("/").some((segment) => segment === "." || segment === "..")) {
    throw serverErrors.SERVER_PATH_INVALID("it holds a dot segment");
  }
  return { path, url: url.startsWith("/") ? url : `/${url}` };
}

function checkPrefix(key: string, text: string): string {
  const trimmed = text.trim();
  if (trimmed === "") throw serverErrors.SERVER_PREFIX_EMPTY(key);
  if (trimmed === "/") throw serverErrors.SERVER_PREFIX_ROOT(key);
  const prefix = `${trimmed.startsWith("/") ? "" : "/"}${trimmed.endsWith("/") ? trimmed.slice(0, -1) : trimmed}`;
  const invalid = (reason: string) => serverErrors.SERVER_PREFIX_INVALID(key, text, reason);
  if (/^[a-z][a-z0-9+.-]*:/i.test(trimmed)) throw invalid("it is a whole URL");
  if (trimmed.includes("//")) throw invalid("it has an empty segment");
  if (!/^[A-Za-z0-9/_.~-]+$/.test(prefix)) throw invalid("only letters, digits and - _ . ~ may stand in it");
  if (prefix.split("/").some((segment) => segment === "." || segment === "..")) throw invalid("it has a dot segment");
  // Also below itself: "/api/_event" would be an endpoint seen from "/api".
  const reserved =
    FRAMEWORK_PATHS.find((path) => isUnder(prefix, path)) ??
    ENDPOINT_PATHS.find((path) => `${prefix}/`.includes(`${path}/`));
  if (reserved !== undefined) throw serverErrors.SERVER_PREFIX_RESERVED(key, prefix, reserved);
  return prefix;
}

function longestPrefix(prefixes: PrefixTable, path: string): string | undefined {
  const all = [prefixes.admin, ...prefixes.extra, ...(prefixes.backend === undefined ? [] : [prefixes.backend])];
  return all.filter((prefix) => isUnder(path, prefix)).sort((a, b) => b.length - a.length)[0];
}

function endpointOwner(endpoint: string): PathOwnership {
  return { owner: endpoint === ENDPOINTS.channel ? "channel" : "framework", endpoint };
}

function decodeUnreserved(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded;
  });
}
