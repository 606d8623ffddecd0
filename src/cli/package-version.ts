import { readFileSync } from "node:fs";

/** The version of the installed framework. */
export function packageVersion(): string {
  // Two folders up both from src/cli and from dist/cli.
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
