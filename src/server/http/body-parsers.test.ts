import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isUntrusted } from "../../untrusted.ts";
import { startBackend } from "./fake-identity.fixture.ts";
import { fetchHandler } from "./foreign-handler.ts";

const METHODS = ["POST", "PUT", "PATCH", "DELETE"] as const;
const URLENCODED = "application/x-www-form-urlencoded";
const BYTES = 20_000;

const echo = async (app: FastifyInstance) => {
  app.route({
    method: [...METHODS],
    url: "/echo",
    handler: async ({ body }) => ({
      body: body === undefined ? "nothing" : body,
      marked: typeof body === "object" && body !== null && isUntrusted(body),
    }),
  });
};

/** A plugin that reads some types itself, in a scope of its own. */
const reading = (types: string | string[] | RegExp) => async (app: FastifyInstance) => {
  app.addContentTypeParser(types, { parseAs: "string" }, async (_request: unknown, body: string) => `own ${body}`);
  await app.register(echo, { prefix: "/below" });
  await echo(app);
};

describe("The body of a view's request", () => {
  let backend: Awaited<ReturnType<typeof startBackend>>;
  beforeAll(async () => {
    backend = await startBackend({
      bodyBytes: BYTES,
      routes: {
        "/api": async (app: FastifyInstance) => {
          await echo(app);
          for (const [name, types] of Object.entries({
            json: "application/json",
            form: [URLENCODED, "multipart/form-data"],
            case: "Multipart/Form-Data",
            expression: /^(?:multipart|application)\//,
            all: "*",
          })) {
            await app.register(reading(types), { prefix: `/own-${name}` });
          }
        },
        "/billing": fetchHandler({ fetch: async (request) => Response.json(await request.text()) }),
      },
    });
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  const post = async (body: BodyInit | undefined, init: RequestInit = {}, path = "/api/echo") => {
    const answer = await fetch(new URL(path, backend.url), {
      method: "POST",
      ...(body === undefined ? {} : { body }),
      ...init,
    });
    const json = (await answer.json()) as { body?: unknown; marked?: boolean; error?: { code: string } };
    return answer.ok ? json.body : [answer.status, json.error?.code];
  };
  const typed = (type: string, init: RequestInit = {}) => ({ headers: { "content-type": type }, ...init });
  const multipart = (entries: readonly (readonly [string, string])[]) => {
    const data = new FormData();
    for (const [name, value] of entries) data.append(name, value);
    return data;
  };

  const ENTRIES = [
    ["title", "Grün & blau"],
    ["empty", ""],
    ["size", "s"],
    ["size", "m"],
    ["tags[]", "a"],
    ["__proto__", "x"],
    ["lines", "a\r\nb"],
    ["dashes", "--a\r\n--b--\r\n--"],
  ] as const;
  const READ = JSON.parse(
    `{"title":"Grün & blau","empty":"","size":["s","m"],"tags":["a"],"__proto__":"x","lines":"a\\r\\nb","dashes":"--a\\r\\n--b--\\r\\n--"}`,
  ) as object;

  it.each(METHODS)("of a plain form is an object of its fields, by either encoding (%s)", async (method) => {
    const form = new URLSearchParams(ENTRIES as unknown as string[][]);
    expect(JSON.stringify(await post(form, { method }))).toBe(JSON.stringify(READ));
    expect(JSON.stringify(await post(multipart(ENTRIES), { method }))).toBe(JSON.stringify(READ));
  });

  it("of a form counts as input from outside, however it was sent", async () => {
    const marks = [new URLSearchParams({ a: "1" }), multipart([["a", "1"]])].map(async (body) => {
      const answer = await fetch(`${backend.url}/api/echo`, { method: "POST", body });
      return ((await answer.json()) as { marked: boolean }).marked;
    });
    expect(await Promise.all(marks)).toEqual([true, true]);
  });

  it("of an empty form is an empty object", async () => {
    expect(await post("", typed(URLENCODED))).toEqual({});
    expect(await post(multipart([]))).toEqual({});
  });

  it("of a form may have parameters and capitals in its type", async () => {
    expect(await post("a=%C3%A4+b", typed("Application/X-WWW-Form-Urlencoded; charset=UTF-8"))).toEqual({ a: "ä b" });
  });

  it("may be empty with the type of JSON in a DELETE, and is refused so in other methods", async () => {
    for (const init of [
      {},
      { body: "" },
      { body: new ReadableStream({ start: (to) => to.close() }), duplex: "half" },
    ]) {
      const { body, ...rest } = init as { body?: BodyInit };
      expect(await post(body, typed("application/json", { method: "DELETE", ...rest }))).toBe("nothing");
    }
    for (const method of ["POST", "PUT", "PATCH"]) {
      const refused = [400, "FST_ERR_CTP_EMPTY_JSON_BODY"];
      expect(await post("", typed("application/json", { method }))).toEqual(refused);
    }
  });

  it("of JSON is read as before, and may not reach a prototype", async () => {
    expect(await post(`{"a":[1]}`, typed("application/json"))).toEqual({ a: [1] });
    expect(await post(`{"a":1}`, typed("application/json", { method: "DELETE" }))).toEqual({ a: 1 });
    for (const text of ["{", `{"__proto__":{"x":1}}`, `{"constructor":{"prototype":{}}}`]) {
      expect(await post(text, typed("application/json"))).toEqual([400, expect.any(String)]);
    }
  });

  it("may hold an empty file input and no other file", async () => {
    // As browsers send it.
    const file = (name: string, content: string) =>
      `--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--frontier\r\nContent-Disposition: form-data; name="photo"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n${content}\r\n--frontier--\r\n`;
    const type = typed("multipart/form-data; boundary=frontier");
    expect(await post(file("", ""), type)).toEqual({ a: "1" });
    for (const body of [file("x.png", "x"), file("x.png", ""), file("", "x")]) {
      expect(await post(body, type)).toEqual([415, "SERVER_FORM_FILE"]);
    }
  });

  it.each([
    ["nothing", ""],
    ["no part", "hello"],
    ["half a part", `--frontier\r\nContent-Disposition: form-data; name="a"\r\n\r\n1`],
    ["a part without a name", "--frontier\r\nContent-Disposition: form-data\r\n\r\n1\r\n--frontier--\r\n"],
  ])("that is no whole multipart form is refused with 400: %s", async (_name, body) => {
    expect(await post(body, typed("multipart/form-data; boundary=frontier"))).toEqual([400, "SERVER_FORM_INVALID"]);
    expect(await post(body, typed("multipart/form-data"))).toEqual([400, "SERVER_FORM_INVALID"]);
  });

  it("of a form is bounded: in bytes, and in fields whatever their size", async () => {
    expect(await post(`a=${"x".repeat(BYTES)}`, typed(URLENCODED))).toEqual([413, "FST_ERR_CTP_BODY_TOO_LARGE"]);
    expect(await post(multipart([["a", "x".repeat(BYTES)]]))).toEqual([413, "FST_ERR_CTP_BODY_TOO_LARGE"]);
    expect(await post("a&".repeat(1001), typed(URLENCODED))).toEqual([413, "SERVER_FORM_TOO_LARGE"]);
    expect(await post("a&".repeat(1000), typed(URLENCODED))).toMatchObject({ a: { length: 1000 } });
  });

  it("of a multipart form is bounded before it is parsed: in fields, and in what stands before their values", async () => {
    await using large = await startBackend({ bodyBytes: 1_000_000, routes: { "/api": echo } });
    const type = 'multipart/form-data; a="; boundary=y"; Boundary="x"';
    const send = (body: string) => post(body, typed(type), `${large.url}/api/echo`);
    const field = (headers: string) => `--x\r\nContent-Disposition: form-data; name="a"${headers}\r\n\r\n--y\r\n`;
    expect(await send(`${field("").repeat(1_000)}--x--\r\n`)).toMatchObject({ a: { length: 1_000 } });
    // The parser would refuse the first field.
    expect(await send(`--x\r\n${field("").repeat(1_001)}--x--\r\n`)).toEqual([413, "SERVER_FORM_TOO_LARGE"]);
    for (const headers of ['; name="a"'.repeat(30_000), "\r\nX-A: b".repeat(40_000)]) {
      expect(await send(`${field(headers)}--x--\r\n`)).toEqual([413, "SERVER_FORM_TOO_LARGE"]);
    }
  });

  it("of another site's form is refused before it is read", async () => {
    const headers = { "content-type": URLENCODED, "sec-fetch-site": "cross-site" };
    expect(await post("a=1", { headers })).toEqual([403, "CSRF_REFUSED"]);
  });

  it("is read by the parser of a plugin where it adds one for the type, there and below, and nowhere else", async () => {
    const own = async (plugin: string, body: string, type: string) => [
      await post(body, typed(type), `/api/own-${plugin}/echo`),
      await post(body, typed(type), `/api/own-${plugin}/below/echo`),
    ];
    expect(await own("json", "{}", "application/json")).toEqual(["own {}", "own {}"]);
    expect(await own("json", "a=1", URLENCODED)).toEqual([{ a: "1" }, { a: "1" }]);
    expect(await own("form", "a=1", URLENCODED)).toEqual(["own a=1", "own a=1"]);
    expect(await own("form", "x", "multipart/form-data; boundary=frontier")).toEqual(["own x", "own x"]);
    expect(await own("case", "x", "multipart/form-data; boundary=frontier")).toEqual(["own x", "own x"]);
    expect(await own("expression", "a=1", URLENCODED)).toEqual(["own a=1", "own a=1"]);
    expect(await own("expression", "{}", "application/json")).toEqual([{}, {}]);
    expect(await own("all", "a=1", URLENCODED)).toEqual(["own a=1", "own a=1"]);
    expect(await own("all", "{}", "application/json")).toEqual([{}, {}]);
    expect(await post("a=1", typed(URLENCODED))).toEqual({ a: "1" });
  });

  it("reaches a mounted app unread", async () => {
    const answer = await fetch(`${backend.url}/billing/x`, { method: "POST", body: new URLSearchParams({ a: "1" }) });
    expect(await answer.json()).toBe("a=1");
  });
});
