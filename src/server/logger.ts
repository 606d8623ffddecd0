import pino, { type DestinationStream, type Logger, type LoggerOptions } from "pino";
import pretty from "pino-pretty";
import { asError, reasonOf } from "../errors.ts";

/** What a logger may be told; without anything it writes JSON lines from level `info`. */
export interface LogOptions {
  /** Readable lines for a person (in colour on a terminal) instead of JSON lines. */
  readonly pretty?: boolean;
  /** Lowest level that is written; "info" when absent. */
  readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /** Stands in each line as `name`. */
  readonly name?: string;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

/** Names that hold a secret wherever they stand in a logged header set. */
const SECRET_HEADERS = ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-csrf-token"];

/** Where loggers put header sets: Fastify's `req` and `res`, plain objects, and what authors write by habit. */
const HEADER_PLACES = ["", "headers", "req.headers", "res.headers", "request.headers", "response.headers"];

const REDACTED = HEADER_PLACES.flatMap((place) =>
  SECRET_HEADERS.map((name) => `${place}${name.includes("-") ? `["${name}"]` : place === "" ? name : `.${name}`}`),
);

/**
 * Makes the logger that the whole server shares. Cookies, authorization headers and passwords are replaced by
 * `[secret]` before a line is written.
 *
 * @example
 * const logger = createLogger({ pretty: true, level: "debug" });
 * logger.info({ page: "/notes" }, "page shown");
 */
export function createLogger(options: LogOptions = {}): Logger {
  const settings: LoggerOptions = {
    level: options.level ?? "info",
    ...(options.name === undefined ? {} : { name: options.name }),
    serializers: { req: describeRequest, err: describeThrown },
    hooks: { streamWrite: (line) => line.replace(TERMINAL_CONTROLS, options.pretty ? visibly : escaped) },
    redact: { paths: [...REDACTED, "password", "*.password", "secretKey", "*.secretKey"], censor: "[secret]" },
  };
  if (!options.pretty) return options.destination ? pino(settings, options.destination) : pino(settings);
  // In the process, not in a worker thread: a crash must not swallow the line that explains it.
  const stream = pretty({
    // Of a build's error: what its message says already, as data and with the whole source text.
    ignore: "pid,hostname,name,reqId,err.errors,err.pluginCode,err.runnerError",
    // A message may quote what a visitor sent: its further lines must not look like lines of the log.
    messageFormat: (log, key) =>
      String(log[key])
        .replace(/\r?\n|\r/g, "\n      ")
        .replace(CONTROLS, escaped),
    translateTime: "HH:MM:ss",
    colorize: options.destination === undefined && process.stdout.isTTY === true && !process.env["NO_COLOR"],
    sync: true,
    ...(options.destination === undefined ? {} : { destination: asWritable(options.destination) }),
  });
  return pino(settings, stream);
}

/** The logger's type, so that other folders need not name pino. */
export type { Logger };

/** What a line says of a request. Not its query, which may hold a token, nor its headers. */
function describeRequest(request: { readonly method?: string; readonly url?: string; readonly ip?: string }): object {
  const { method, url, ip } = request;
  return { method, path: url?.split("?", 1)[0], ip };
}

/** Longest text of an error in a line. */
const MAX_ERROR_TEXT = 20_000;

/** Describes what was thrown, whatever it is: pino's own serializer throws for a frozen error, a Proxy and the like. */
function describeThrown(thrown: unknown): unknown {
  const described = serializeError(thrown) ?? serializeError(asError(thrown)) ?? { message: reasonOf(thrown) };
  for (const key of ["message", "stack"] as const) {
    const text = described[key];
    if (typeof text === "string" && text.length > MAX_ERROR_TEXT) described[key] = `${text.slice(0, MAX_ERROR_TEXT)}…`;
  }
  return described;
}

function serializeError(thrown: unknown): Record<string, unknown> | undefined {
  try {
    if (!(thrown instanceof Error)) return undefined;
    return { ...pino.stdSerializers.err(thrown) };
  } catch {
    return undefined;
  }
}

/** Characters by which terminals are told what to do, beside those that JSON escapes anyway. */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is made visible
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/** The character as JSON may write it. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The same as text that stays visible after JSON was read. */
function visibly(character: string): string {
  return `\\${escaped(character)}`;
}

function asWritable(destination: DestinationStream): NodeJS.WritableStream {
  return destination as unknown as NodeJS.WritableStream;
}
