import { connect, createServer as createProxy, type Server } from "node:net";
import { callCommand, createServer } from "antiphon";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import settings from "../fixtures/languages-app/antiphon.config.ts";
import { collectingLogger, copyOfFixture, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

/** A proxy that takes `Accept-Language` out of the handshake of sockets, which some browsers send without it. */
async function withoutLanguage(port: number): Promise<Server> {
  const proxy = createProxy((page) => {
    const server = connect(port, "127.0.0.1");
    page.on("data", (data) => {
      const text = data.toString("latin1");
      const isHandshake = /^upgrade: websocket/im.test(text);
      server.write(isHandshake ? Buffer.from(text.replace(/accept-language:[^\r\n]*\r\n/i, ""), "latin1") : data);
    });
    server.pipe(page);
    for (const [one, other] of [
      [page, server],
      [server, page],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  return proxy;
}

describe.skipIf(SKIP_REASON)(`A socket without Accept-Language, in Chromium${SKIP_REASON}`, () => {
  const copy = copyOfFixture("languages-app");
  let server: Awaited<ReturnType<typeof createServer>>;
  let proxy: Server;
  let browser: Browser;
  beforeAll(async () => {
    await callCommand("build", [], { root: copy.root });
    const { logger } = collectingLogger();
    const config = { ...settings, ...PRODUCTION };
    server = await createServer({ root: copy.root, mode: "production", port: 0, host: "127.0.0.1", config, logger });
    await server.listen();
    proxy = await withoutLanguage(Number(new URL(server.url).port));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    proxy?.close();
    await server?.close();
    copy.remove();
  });

  test("events have the language of the document, and the page keeps it", async () => {
    const context = await browser.newContext({ locale: "de-AT", timezoneId: "UTC" });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const { port } = proxy.address() as { port: number };
    await page.goto(`http://127.0.0.1:${port}/other`);
    // What the server has collected for the socket.
    await page.waitForFunction(() => document.querySelector("#context")?.textContent === "de light anonymous");
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
    await context.close();
  });
});
