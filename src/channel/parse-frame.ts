import type { ClientFrame, Hello, Json } from "../protocol/frames.ts";
import { isPlainObject } from "../protocol/values.ts";
import { channelErrors } from "./errors.ts";

const MAX_NAME = 300;
const MAX_PATH = 4_000;
const MAX_STATES = 500;
const MAX_ARGS = 50;

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
}

/** A path with its query, as the address bar has it. */
function isPath(value: unknown): value is string {
  if (typeof value !== "string" || value.length > MAX_PATH || !/^\/(?![/\\])/.test(value)) return false;
  // A browser percent-encodes them; URL parsers drop some, and a path could become a host.
  return !/\p{Cc}/u.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** A code of a language, such as `de-AT`. */
function isLanguage(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,9}$/.test(value);
}

/** A list of names, each once; undefined for anything else. */
function namesOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_STATES || !value.every(isName)) return undefined;
  return [...new Set(value)];
}

/** Checks what a page says when it connects. @throws CHANNEL_HELLO_INVALID */
export function parseHello(value: unknown): Hello {
  const fail = (what: string) => channelErrors.CHANNEL_HELLO_INVALID(what);
  if (!isPlainObject(value)) throw fail("no object");
  const { protocol, build, page, tab, version, path, watch, language } = value;
  if (!isCount(protocol)) throw fail("protocol is no number");
  if (!isName(build)) throw fail("build is no text");
  if (!isName(page)) throw fail("page is no text");
  if (tab !== undefined && !isName(tab)) throw fail("tab is no text");
  if (version !== undefined && !isCount(version)) throw fail("version is no number");
  if (!isPath(path)) throw fail("path is no path");
  const watched = namesOf(watch);
  if (!watched) throw fail("watch is no list of names");
  return {
    protocol,
    build,
    page,
    path,
    watch: watched,
    ...(tab === undefined ? {} : { tab }),
    ...(version === undefined ? {} : { version }),
    ...(value.damaged === true ? { damaged: true } : {}),
    ...(value.claiming === true ? { claiming: true } : {}),
    // Left out if it is none: an app may write anything into its document.
    ...(isLanguage(language) ? { language } : {}),
  };
}

/** Checks a message of a page, but not yet the values in it. @throws CHANNEL_FRAME_INVALID */
export function parseFrame(value: unknown): ClientFrame {
  const fail = (what: string) => channelErrors.CHANNEL_FRAME_INVALID(what);
  if (!isPlainObject(value)) throw fail("no object");
  const { kind, id, seen } = value;
  if (!isCount(id)) throw fail("id is no number");
  if (!isCount(seen)) throw fail("seen is no number");
  switch (kind) {
    case "event": {
      const { state, event, args, epoch } = value;
      if (!isName(state) || !isName(event)) throw fail("state or event is no name");
      if (!Array.isArray(args) || args.length > MAX_ARGS) throw fail("args is no short list");
      if (epoch !== undefined && !isCount(epoch)) throw fail("epoch is no number");
      return { kind, id, seen, state, event, args: args as Json[], epoch };
    }
    case "field": {
      const { state, field, epoch } = value;
      if (!isName(state) || !isName(field)) throw fail("state or field is no name");
      if (value.value === undefined) throw fail("value is missing");
      if (epoch !== undefined && !isCount(epoch)) throw fail("epoch is no number");
      return { kind, id, seen, state, field, value: value.value as Json, epoch };
    }
    case "navigate":
      if (!isPath(value.path)) throw fail("path is no path");
      return { kind, id, seen, path: value.path, ...(value.told === true ? { told: true } : {}) };
    case "watch":
    case "unwatch": {
      const states = namesOf(value.states);
      if (!states) throw fail("states is no list of names");
      return { kind, id, seen, states };
    }
    case "seen":
      return { kind, id, seen };
    default:
      throw fail("kind is unknown");
  }
}
