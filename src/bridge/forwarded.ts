import type { IncomingMessage } from "node:http";
import proxyAddr from "@fastify/proxy-addr";
import { reasonOf } from "../errors.ts";
import { bridgeErrors } from "./errors.ts";

/** Which proxies are believed: none, the one that connects to the server, or those with these addresses. */
export type TrustedProxies = boolean | readonly string[];

/** Decides whether the proxy at an address is believed; `hop` is 0 for the one that is connected to the server. */
export type ProxyTrust = (address: string, hop: number) => boolean;

/** Where a request really comes from. */
export interface ForwardedFacts {
  readonly ip: string;
  /** The host that the browser asked for, with its port; empty when it said none. */
  readonly host: string;
  readonly protocol: "http" | "https";
}

const compiled = new WeakMap<readonly string[], ProxyTrust>();

/**
 * The rule by which proxies are believed; undefined when none is. Fastify takes the same function as `trustProxy`, so that
 * both name the same address.
 *
 * `true` believes only the proxy that is connected to the server: what it was told by others, a visitor may have made up.
 *
 * @throws FORWARDED_PROXY_INVALID for what is no address
 */
export function proxyTrust(proxies: TrustedProxies | undefined): ProxyTrust | undefined {
  if (proxies === undefined || proxies === false) return undefined;
  if (proxies === true) return (_address, hop) => hop === 0;
  const known = compiled.get(proxies);
  if (known) return known;
  const trust = compile(proxies);
  compiled.set(proxies, trust);
  return trust;
}

/**
 * Reads address, host and protocol of a request. `X-Forwarded-*` counts only from a proxy that is believed, and of a list
 * only what that proxy has added itself.
 *
 * @example
 * const { ip } = readForwarded(request.raw, proxyTrust(["10.0.0.0/8"]));
 */
export function readForwarded(request: IncomingMessage, trust: ProxyTrust | undefined): ForwardedFacts {
  const { socket, headers } = request;
  const address = socket.remoteAddress ?? "";
  const own = {
    host: headers.host ?? "",
    protocol: "encrypted" in socket && socket.encrypted === true ? "https" : "http",
  } as const;
  if (!trust?.(address, 0)) return { ip: address, ...own };
  const host = lastOf(headers["x-forwarded-host"]);
  const protocol = lastOf(headers["x-forwarded-proto"])?.toLowerCase();
  return {
    ip: proxyAddr.all(request, trust).at(-1) ?? address,
    host: host ?? own.host,
    protocol: protocol === undefined ? own.protocol : protocol === "https" || protocol === "wss" ? "https" : "http",
  };
}

function compile(proxies: readonly string[]): ProxyTrust {
  try {
    return proxyAddr.compile([...proxies]);
  } catch (cause) {
    throw bridgeErrors.FORWARDED_PROXY_INVALID.with({ cause }, reasonOf(cause));
  }
}

function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === "object" ? header.at(-1) : header;
  if (text === undefined || text === "") return undefined;
  return text.slice(text.lastIndexOf(",") + 1).trim();
}
