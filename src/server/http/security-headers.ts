import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { proxyTrust, readForwarded } from "../../bridge/forwarded.ts";
import type { BridgeConfig } from "../../bridge/options.ts";
import type { ServerConfig } from "../options.ts";

/** Directives of a Content-Security-Policy; a directive with an empty list is left out. */
export type PolicyDirectives = { readonly [directive: string]: readonly string[] };

/** What decides the headers of every response. */
export interface SecurityOptions {
  readonly mode: "development" | "production" | "test";
  /** False sends no policy; an object replaces single directives of the default one. */
  readonly contentSecurityPolicy?: ServerConfig["contentSecurityPolicy"];
  /** Whether `X-Forwarded-Proto` of the proxy before us may be believed. */
  readonly trustProxy?: BridgeConfig["trustProxy"];
}

/**
 * The policy that a built app runs under: no inline script, nothing from other sites.
 *
 * Inline styles are allowed, because component libraries write style attributes and elements at run time.
 */
export const DEFAULT_POLICY: PolicyDirectives = {
  "default-src": ["'self'"],
  "script-src": ["'self'"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "img-src": ["'self'", "data:", "blob:"],
  "font-src": ["'self'", "data:"],
  "connect-src": ["'self'"],
  "worker-src": ["'self'", "blob:"],
  "object-src": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
};

/** Two years, as browsers' preload lists ask for; without subdomains, which may belong to others. */
const HSTS = "max-age=63072000";

const PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/**
 * Puts the security headers on a response, before its owner writes anything; a view may then replace any of them.
 *
 * @returns the nonce for inline scripts in development, undefined otherwise
 */
export function setSecurityHeaders(
  request: IncomingMessage,
  response: ServerResponse,
  options: SecurityOptions,
): string | undefined {
  const nonce = options.mode === "development" ? randomBytes(16).toString("base64url") : undefined;
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "same-origin");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Permissions-Policy", PERMISSIONS);
  if (options.contentSecurityPolicy !== false) {
    const policy = contentSecurityPolicy(options.contentSecurityPolicy, nonce);
    if (policy !== "") response.setHeader("Content-Security-Policy", policy);
    // The old header knows no list of allowed frames: where the policy allows any, it must not forbid them.
    if (allowsFrames(options.contentSecurityPolicy)) response.removeHeader("X-Frame-Options");
  }
  if (options.mode === "production" && cameOverHttps(request, options.trustProxy)) {
    response.setHeader("Strict-Transport-Security", HSTS);
  }
  return nonce;
}

/** What a page loads from where its files are served; workers load from the page's own site alone. */
const ASSET_DIRECTIVES = ["default-src", "script-src", "style-src", "img-src", "font-src", "connect-src"];

/**
 * Allows the address of the built files in a policy, also in directives that the app has replaced. One that allows nothing
 * at all stays as it is.
 *
 * @example
 * withAssets(undefined, "https://cdn.example.org/notes/"); // script-src 'self' https://cdn.example.org/notes/; …
 */
export function withAssets(
  overrides: SecurityOptions["contentSecurityPolicy"],
  assetsUrl: string | undefined,
): SecurityOptions["contentSecurityPolicy"] {
  // A path is of this site, which 'self' allows.
  if (overrides === false || assetsUrl === undefined || assetsUrl.startsWith("/")) return overrides;
  const directives: Record<string, readonly string[]> = { ...DEFAULT_POLICY, ...overrides };
  for (const name of ASSET_DIRECTIVES) {
    const sources = directives[name] ?? [];
    if (sources.length > 0 && !sources.includes("'none'")) directives[name] = [...sources, assetsUrl];
  }
  return directives;
}

/** Builds the policy's text: the defaults, single directives replaced, and the nonce among the script sources. */
export function contentSecurityPolicy(overrides: PolicyDirectives | undefined, nonce?: string): string {
  const directives: Record<string, readonly string[]> = { ...DEFAULT_POLICY, ...overrides };
  const scripts = directives["script-src"] ?? [];
  // A nonce would switch 'unsafe-inline' off, and 'none' allows nothing beside it.
  if (nonce !== undefined && scripts.length > 0 && !scripts.includes("'unsafe-inline'")) {
    directives["script-src"] = [...scripts.filter((source) => source !== "'none'"), `'nonce-${nonce}'`];
  }
  return Object.entries(directives)
    .filter(([, sources]) => sources.length > 0)
    .map(([name, sources]) => `${name} ${sources.join(" ")}`)
    .join("; ");
}

/** Whether the browser spoke HTTPS, to us or to a trusted proxy before us. */
export function cameOverHttps(request: IncomingMessage, trustProxy: SecurityOptions["trustProxy"]): boolean {
  return readForwarded(request, proxyTrust(trustProxy)).protocol === "https";
}

function allowsFrames(overrides: PolicyDirectives | undefined): boolean {
  const ancestors = overrides?.["frame-ancestors"];
  return ancestors !== undefined && !ancestors.includes("'none'");
}
