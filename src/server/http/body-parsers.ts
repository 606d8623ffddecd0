import { MIMEType } from "node:util";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { reasonOf } from "../../errors.ts";
import { serverErrors } from "../errors.ts";

/** Most fields of one form. A body of the allowed size may hold a hundred thousand. */
const MAX_FIELDS = 1000;

/** Most bytes of the headers of all fields of one form: far more than browsers send for so many fields. */
const MAX_HEADERS = 250 * MAX_FIELDS;

const JSON_BODY = "application/json";
const URLENCODED = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
const FORMS = [URLENCODED, MULTIPART];

/** Values by the name of the input: a text, or a list where a name has several values or ends in `[]`. */
type FormBody = { [name: string]: string | string[] };

/**
 * Lets HTTP views take the bodies that plain HTML forms send, and a DELETE whose JSON body is empty.
 *
 * A parser that a plugin of the app adds for one of these types takes the place of ours, as it does for those of Fastify:
 * a plugin for uploads, or one that wants the bytes of a request.
 */
export function installBodyParsers(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser(JSON_BODY, { parseAs: "string" }, (request, body, done) => {
    // Many HTTP clients name the type on every request. For other methods an empty body is a mistake, as in Fastify.
    if (body === "" && request.method === "DELETE") done(null, undefined);
    else void parseJson(request, body as string, done);
  });
  app.addContentTypeParser(URLENCODED, { parseAs: "string" }, (_request, body, done) => {
    try {
      assertFewFields(body as string);
      done(null, bodyOf(new URLSearchParams(body as string)));
    } catch (error) {
      done(error as Error);
    }
  });
  app.addContentTypeParser(MULTIPART, { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) =>
    bodyOf(withoutEmptyFiles(await readMultipart(request, body))),
  );
  yieldToPluginParsers(app);
}

/** Before it is parsed: Node's parser takes quadratic time for many names without a value. Empty fields are not counted. */
function assertFewFields(body: string): void {
  let separators = 0;
  for (let at = body.indexOf("&"); at >= 0; at = body.indexOf("&", at + 1)) {
    if (++separators > 2 * MAX_FIELDS) throw serverErrors.SERVER_FORM_TOO_LARGE(MAX_FIELDS);
  }
}

/** Before it is parsed: for each field and each header Node's parser takes microseconds, and a body may hold many. */
function assertFewParts(type: string, body: Buffer): void {
  const boundary = boundaryOf(type);
  // The parser refuses it.
  if (!boundary) return;
  const delimiter = `--${boundary}`;
  let [parts, headers] = [0, 0];
  for (let at = body.indexOf(delimiter); at >= 0; at = body.indexOf(delimiter, at + delimiter.length)) {
    const end = body.indexOf("\r\n\r\n", at);
    // The last delimiter has no headers.
    headers += end < 0 ? 0 : end - at;
    if (++parts > MAX_FIELDS + 1 || headers > MAX_HEADERS) throw serverErrors.SERVER_FORM_TOO_LARGE(MAX_FIELDS);
  }
}

function boundaryOf(type: string): string | null {
  try {
    return new MIMEType(type).params.get("boundary");
  } catch {
    return null;
  }
}

async function readMultipart(request: FastifyRequest, body: Buffer): Promise<FormData> {
  const type = String(request.headers["content-type"]);
  assertFewParts(type, body);
  try {
    const headers = { "content-type": type };
    return await new Response(new Uint8Array(body), { headers }).formData();
  } catch (cause) {
    throw serverErrors.SERVER_FORM_INVALID.with({ cause }, reasonOf((cause as Error).cause ?? cause));
  }
}

/** A file input that the user left empty is sent as a file without a name. @throws SERVER_FORM_FILE */
function* withoutEmptyFiles(data: FormData): Iterable<readonly [name: string, value: string]> {
  for (const [name, value] of data) {
    if (typeof value === "string") yield [name, value];
    else if (value.name !== "" || value.size > 0) throw serverErrors.SERVER_FORM_FILE(name);
  }
}

function bodyOf(entries: Iterable<readonly [name: string, value: string]>): FormBody {
  // Without a prototype, like a query: `__proto__` is a name like any other.
  const body = Object.create(null) as FormBody;
  let count = 0;
  for (const [given, value] of entries) {
    if (++count > MAX_FIELDS) throw serverErrors.SERVER_FORM_TOO_LARGE(MAX_FIELDS);
    const isList = given.endsWith("[]");
    const name = isList ? given.slice(0, -2) : given;
    const before = body[name];
    if (Array.isArray(before)) before.push(value);
    else if (before !== undefined) body[name] = [before, value];
    else body[name] = isList ? [value] : value;
  }
  return body;
}

/** Fastify refuses a second parser for a type: ours are removed where a plugin adds one, and below. */
function yieldToPluginParsers(app: FastifyInstance): void {
  const add = app.addContentTypeParser;
  // Plugins get instances that inherit from this one.
  app.addContentTypeParser = function (this: FastifyInstance, type: string | string[] | RegExp, ...rest: unknown[]) {
    for (const own of [JSON_BODY, ...FORMS]) {
      if ([type].flat().some((each) => covers(each, own)) && this.hasContentTypeParser(own)) {
        this.removeContentTypeParser(own);
      }
    }
    return (add as (...args: unknown[]) => FastifyInstance).call(this, type, ...rest);
  } as typeof app.addContentTypeParser;
}

function covers(type: unknown, own: string): boolean {
  if (type instanceof RegExp) return own !== JSON_BODY && type.test(own);
  // What takes every other type takes forms too, as it would without ours.
  return type === "*" ? own !== JSON_BODY : String(type).trim().toLowerCase() === own;
}
