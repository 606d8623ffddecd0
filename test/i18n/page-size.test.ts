import { gzipSync } from "node:zlib";
import { callCommand, createServer } from "antiphon";
import { expect, test } from "vitest";
import { collectingLogger } from "../support/chromium.ts";
import { messagesApp } from "../support/messages-app.ts";

const MESSAGES = 100;

/** Bytes, compressed, of a page's document and of every script that it names. */
async function pageBytes(isTranslated: boolean): Promise<{ readonly bytes: number; readonly html: string }> {
  const copy = messagesApp(MESSAGES, isTranslated);
  try {
    await callCommand("build", [], { root: copy.root });
    const { logger } = collectingLogger();
    const settings = { root: copy.root, mode: "production", port: 0, host: "127.0.0.1", logger } as const;
    const server = await createServer({ ...settings, config: copy.config });
    await server.listen();
    try {
      const load = async (path: string, accept: string) => {
        const response = await fetch(new URL(path, server.url), {
          headers: { accept, cookie: "antiphon_language=ar" },
        });
        expect(response.status).toBe(200);
        return await response.text();
      };
      const html = await load("/", "text/html");
      const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path = ""]) => path);
      expect(scripts).not.toEqual([]);
      const texts = [html, ...(await Promise.all([...new Set(scripts)].map((path) => load(path, "*/*"))))];
      return { html, bytes: texts.reduce((sum, text) => sum + gzipSync(text).length, 0) };
    } finally {
      await server.close();
    }
  } finally {
    copy.remove();
  }
}

test("a page with a hundred messages costs at most 8 kB more, compressed, than one without", async () => {
  const plain = await pageBytes(false);
  const translated = await pageBytes(true);
  expect(plain.html).not.toContain("antiphon-messages");
  // They are in the page, in its language alone.
  expect(translated.html.match(/[\u0600-\u06ff]+ \d+"/g)?.length).toBeGreaterThanOrEqual(MESSAGES);
  const more = translated.bytes - plain.bytes;
  if (process.env["SHOW_BYTES"]) console.log(`${plain.bytes} bytes without messages, ${more} more with ${MESSAGES}`);
  expect(more).toBeLessThanOrEqual(8_000);
});
