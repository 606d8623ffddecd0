import { protocolErrors } from "./errors.ts";

/** A route pattern, ready to be matched. */
export interface CompiledRoute {
  readonly pattern: string;
  /** Sorts routes so that the most specific comes first; equal for patterns that match the same paths. */
  readonly order: string;
  readonly segments: readonly RouteSegment[];
}

type RouteSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

/** What a path gave to a route's parameters. */
export interface MatchedRoute {
  readonly params: Record<string, string | string[]>;
}

const PARAM = /^\[([A-Za-z_]\w*)\]$/;
const REST = /^\[\.\.\.([A-Za-z_]\w*)\]$/;
const UNSAFE_NAMES = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads a pattern: literal segments, `[name]` for one segment, `[...name]` for all that follow (at least one).
 *
 * @throws ROUTE_INVALID when the pattern is malformed.
 * @example
 * matchRoute(compileRoute("/notes/[id]"), "/notes/3"); // { params: { id: "3" } }
 */
export function compileRoute(pattern: string): CompiledRoute {
  if (!pattern.startsWith("/")) throw protocolErrors.ROUTE_INVALID(pattern, "it does not begin with a slash");
  if (/[?#]/.test(pattern)) throw protocolErrors.ROUTE_INVALID(pattern, "it holds a query or a fragment");
  const parts = pattern === "/" ? [] : pattern.replace(/\/$/, "").slice(1).split("/");
  const names = new Set<string>();
  const segments = parts.map((part, index): RouteSegment => {
    if (part === "") throw protocolErrors.ROUTE_INVALID(pattern, "it has an empty segment");
    const rest = REST.exec(part)?.[1];
    const name = rest ?? PARAM.exec(part)?.[1];
    if (name === undefined) {
      if (/[[\]]/.test(part)) throw protocolErrors.ROUTE_INVALID(pattern, `"${part}" is neither text nor a parameter`);
      return { kind: "literal", text: part };
    }
    if (names.has(name)) throw protocolErrors.ROUTE_INVALID(pattern, `the parameter "${name}" stands twice`);
    if (UNSAFE_NAMES.has(name)) throw protocolErrors.ROUTE_INVALID(pattern, `"${name}" cannot name a parameter`);
    names.add(name);
    if (rest === undefined) return { kind: "param", name };
    if (index !== parts.length - 1) throw protocolErrors.ROUTE_INVALID(pattern, `"${part}" is not the last segment`);
    return { kind: "rest", name };
  });
  const order = segments
    .map((segment) => (segment.kind === "literal" ? `/0${segment.text}` : segment.kind === "param" ? "/1" : "/2"))
    .join("");
  return { pattern, order, segments };
}

/** Matches a path (without query) against a route; a trailing slash does not matter, a malformed escape does not match. */
export function matchRoute(route: CompiledRoute, path: string): MatchedRoute | undefined {
  const parts = path === "/" ? [] : path.replace(/\/$/, "").slice(1).split("/");
  const params: Record<string, string | string[]> = {};
  for (const [index, segment] of route.segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.kind === "rest") {
      const values = parts.slice(index).map(decodeSegment);
      if (values.some((value) => value === undefined || value === "")) return undefined;
      params[segment.name] = values as string[];
      return { params };
    }
    const value = decodeSegment(part);
    if (value === undefined || value === "") return undefined;
    if (segment.kind === "literal") {
      if (value !== segment.text) return undefined;
    } else {
      params[segment.name] = value;
    }
  }
  return parts.length === route.segments.length ? { params } : undefined;
}

function decodeSegment(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
