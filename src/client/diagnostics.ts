import { asClientError } from "./client-error.ts";
import type { Attribution } from "./engine/engine-types.ts";

/** Gets what the page reports; the default writes to the console. */
export type DiagnosticSink = (line: string, error: unknown) => void;

const toConsole: DiagnosticSink = (line, error) => console.error(line, error);
let sink: DiagnosticSink = toConsole;
const alreadySaid = new Set<string>();

/**
 * Reports an error of the page with its code and whose fault it is: the app's code, the network, or the framework.
 *
 * Use it for what nobody is there to catch. An error that a caller can handle is thrown instead.
 *
 * @example
 * reportDiagnostic(clientErrors.CLIENT_EFFECT_UNKNOWN("dance"), "framework");
 */
export function reportDiagnostic(thrown: unknown, attribution?: Attribution): void {
  const error = asClientError(thrown, attribution);
  const ref = error.ref === undefined ? "" : ` [${error.ref}]`;
  // The error itself goes along: the console then shows its stack and its cause.
  sink(`[antiphon] ${error.code} (${error.attribution})${ref}: ${error.message}`, error.cause ?? error);
}

/** Reports an error once per document: for mistakes that every render would repeat. */
export function reportDiagnosticOnce(thrown: unknown, attribution?: Attribution): void {
  const error = asClientError(thrown, attribution);
  const key = `${error.code} ${error.message}`;
  if (alreadySaid.has(key)) return;
  alreadySaid.add(key);
  reportDiagnostic(error);
}

/** Sends diagnostics elsewhere, for example to an error tracker; without an argument back to the console. */
export function setDiagnosticSink(next: DiagnosticSink = toConsole): void {
  sink = next;
}
