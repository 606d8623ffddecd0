/** What decides where a visitor may be sent on to. */
export interface NextOptions {
  /** The host of the request, with its port. */
  readonly host: string;
  /** Whether the request came over HTTPS: then no address over plain HTTP is taken. */
  readonly secure: boolean;
  /** Further hosts that are taken, with their port. */
  readonly allowedHosts?: readonly string[];
  /** Where the visitor goes instead, for example "/". */
  readonly fallback: string;
}

/** Longest address that is taken, in characters. */
const MAX_LENGTH = 2048;

/**
 * The address that a visitor named, when it stays with this app, otherwise the fallback: for `?next=` and the like.
 *
 * Never send a visitor to an address of a request without it: a link to your sign-in page would lead to somebody else's.
 *
 * @example
 * safeNext(request.query.next, { host: request.host, secure: request.protocol === "https", fallback: "/" });
 */
export function safeNext(value: unknown, options: NextOptions): string {
  if (typeof value !== "string" || value.length > 2 * MAX_LENGTH) return options.fallback;
  const url = value.trim();
  // Browsers read a backslash in a path as a slash, but not one before an `@`: both readings must be harmless.
  return staysHere(url, options) && staysHere(url.replaceAll("\\", "/"), options) ? url : options.fallback;
}

function staysHere(url: string, { host, secure, allowedHosts = [] }: NextOptions): boolean {
  if (url === "" || url.length > MAX_LENGTH || url.startsWith("///")) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop some of these, so that another address is left
  if (/^\p{C}|[\u0000-\u001f\u007f-\u009f]/u.test(url)) return false;
  const { scheme, authority } = split(url);
  if (authority === undefined) return scheme === "";
  if (scheme !== "https" && (secure || (scheme !== "http" && scheme !== ""))) return false;
  return authority !== "" && (authority === host || allowedHosts.includes(authority));
}

/** What stands before the path. `URL` mends what it parses, and other readers mend otherwise: nothing is mended here. */
function split(url: string): { readonly scheme: string; readonly authority: string | undefined } {
  const colon = url.indexOf(":");
  const hasScheme = colon > 0 && /^[a-z][a-z0-9+.-]*$/i.test(url.slice(0, Math.min(colon, MAX_LENGTH)));
  const rest = hasScheme ? url.slice(colon + 1) : url;
  const scheme = hasScheme ? url.slice(0, colon).toLowerCase() : "";
  if (!rest.startsWith("//")) return { scheme, authority: undefined };
  const end = rest.slice(2).search(/[/?#]/);
  return { scheme, authority: end < 0 ? rest.slice(2) : rest.slice(2, 2 + end) };
}
