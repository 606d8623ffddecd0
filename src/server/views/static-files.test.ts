import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticFiles } from "./static-files.ts";

const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const folder = mkdtempSync(join(tmpdir(), "antiphon-files-"));
const failures: unknown[] = [];
const server = createServer((request, response) => {
  files.serve(request, response).then(
    (served) => served || response.writeHead(404).end("none"),
    (error: unknown) => {
      failures.push(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end("failed");
    },
  );
});
let files: ReturnType<typeof staticFiles>;

beforeAll(async () => {
  mkdirSync(join(folder, "_assets"));
  mkdirSync(join(folder, ".well-known"));
  const contents = {
    "ten.txt": "0123456789",
    "empty.txt": "",
    "über uns.txt": "spelled",
    "large.bin": LARGE,
    "short.bin": LARGE,
    "gone.txt": "gone",
    ".env": "KEY=1",
    ".well-known/security.txt": "mail us",
    "_assets/a.js": "plain",
    "_assets/a.js.br": "br",
    "_assets/a.js.gz": "gz",
  };
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  files = staticFiles(folder, { cacheControl: (path) => (path.startsWith("/_assets/") ? "immutable" : "no-cache") });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Without fetch, which would add headers and unpack what is compressed. */
function get(path: string, headers: OutgoingHttpHeaders = {}, method = "GET"): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", path, headers, method }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part)).on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
    sent.on("error", reject).end();
  });
}

describe("A static file", () => {
  it("comes whole, with its type, length and validators, small or large", async () => {
    const { status, headers, body } = await get("/ten.txt?v=1");
    expect([status, String(body)]).toEqual([200, "0123456789"]);
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-length": "10",
      "cache-control": "no-cache",
      "accept-ranges": "bytes",
      etag: expect.stringMatching(/^"\w+-\w+"$/),
    });
    expect((await get("/large.bin")).body.equals(LARGE)).toBe(true);
    expect((await get("/large.bin")).headers["content-type"]).toBe("application/octet-stream");
    expect(await get("/empty.txt")).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(String((await get("/%C3%BCber%20uns.txt")).body)).toBe("spelled");
    expect(String((await get("/.well-known/security.txt")).body)).toBe("mail us");
  });

  it("is answered to HEAD by its headers alone", async () => {
    const { status, headers, body } = await get("/large.bin", {}, "HEAD");
    expect([status, headers["content-length"], body.length]).toEqual([200, "300000", 0]);
  });

  it("comes in the smallest copy that the browser takes", async () => {
    const of = async (accepted: string) => {
      const { headers, body } = await get("/_assets/a.js", { "accept-encoding": accepted });
      expect(headers).toMatchObject({ vary: "Accept-Encoding", "content-type": "text/javascript; charset=utf-8" });
      return [headers["content-encoding"], String(body)];
    };
    expect(await of("gzip, deflate, br")).toEqual(["br", "br"]);
    expect(await of("gzip, br;q=0")).toEqual(["gzip", "gz"]);
    expect(await of("identity")).toEqual([undefined, "plain"]);
  });

  it("is not sent again to who has it", async () => {
    const { headers } = await get("/ten.txt");
    const again = await get("/ten.txt", { "if-none-match": `"x", W/${headers.etag}` });
    expect([again.status, again.headers.etag]).toEqual([304, headers.etag]);
    expect((await get("/ten.txt", { "if-modified-since": headers["last-modified"] })).status).toBe(304);
    expect(
      (await get("/ten.txt", { "if-none-match": '"x"', "if-modified-since": headers["last-modified"] })).status,
    ).toBe(200);
  });

  it("comes in parts: from the front, from the end, and never what is not there", async () => {
    const part = async (path: string, range: string) => {
      const { status, headers, body } = await get(path, { range });
      return [status, headers["content-range"], String(body)];
    };
    expect(await part("/ten.txt", "bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await part("/ten.txt", "bytes=-3")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await part("/ten.txt", "bytes=10-5")).toEqual([416, "bytes */10", ""]);
    expect(await part("/ten.txt", "bytes=10-")).toEqual([416, "bytes */10", ""]);
    const large = await get("/large.bin", { range: "bytes=1000-200000" });
    expect(large.body.equals(LARGE.subarray(1000, 200_001))).toBe(true);
    expect(failures).toEqual([]);
  });

  it.each(["/", "/_assets", "/.env", "/_assets/a.js.br", "/%2e%2e/etc/passwd", "/ten.txt/", "/%zz"])(
    "is never found at %s",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it("that was removed after the listing is a 404", async () => {
    rmSync(join(folder, "gone.txt"));
    expect((await get("/gone.txt")).status).toBe(404);
    rmSync(join(folder, "ten.txt"));
    mkdirSync(join(folder, "ten.txt"));
    expect((await get("/ten.txt")).status).toBe(500);
    expect(failures.splice(0)).toHaveLength(1);
  });

  it("leaves nothing open, also when its reader goes away in the middle", async () => {
    const open = () => readdirSync("/proc/self/fd", { withFileTypes: false }).length;
    await get("/empty.txt");
    const before = open();
    const { port } = server.address() as AddressInfo;
    const closed = new Promise((done) => server.once("request", (_, response) => response.once("close", done)));
    await new Promise<void>((done) => {
      const sent = httpRequest({ port, host: "127.0.0.1", path: "/large.bin", agent: false }, (response) => {
        response.destroy();
        done();
      });
      sent.on("error", () => {}).end();
    });
    await closed;
    await get("/large.bin", { range: "bytes=10-5" });
    await expect.poll(open).toBeLessThanOrEqual(before);
    truncateSync(join(folder, "short.bin"), 0);
    expect(await get("/short.bin")).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(failures).toEqual([]);
  });
});
