import { trimEnds } from "../trim-ends.ts";

/**
 * Reads a `Cookie` header. Of a name that stands twice the first counts, as browsers send the most specific one first;
 * what is malformed is left out.
 */
export function parseCookies(header: string | undefined): { readonly [name: string]: string } {
  const cookies: Record<string, string> = Object.create(null);
  if (!header) return cookies;
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (at < 1) continue;
    const name = bare(part.slice(0, at));
    if (name === "" || name in cookies) continue;
    cookies[name] = decoded(bare(part.slice(at + 1)));
  }
  return cookies;
}

/** Removes spaces and tabs only: any other blank is part of the name, which would otherwise look like another name. */
function bare(text: string): string {
  return trimEnds(text, " \t");
}

function decoded(text: string): string {
  const value = text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** A cookie as a browser keeps it after a `Set-Cookie` line; `gone` when the line deletes it. */
export interface KeptCookie {
  readonly name: string;
  readonly value: string;
  readonly gone: boolean;
}

/** What a `Set-Cookie` line does to a browser's cookies; undefined for a line without a name. */
export function readSetCookie(line: string): KeptCookie | undefined {
  const [pair = "", ...attributes] = line.split(";");
  const at = pair.indexOf("=");
  if (at < 1) return undefined;
  const name = bare(pair.slice(0, at));
  const value = decoded(bare(pair.slice(at + 1)));
  return { name, value, gone: attributes.some(ends) };
}

function ends(attribute: string): boolean {
  const [name = "", value = ""] = attribute.split("=", 2).map((text) => text.trim());
  if (name.toLowerCase() === "max-age") return Number(value) <= 0;
  return name.toLowerCase() === "expires" && Date.parse(value) <= Date.now();
}
