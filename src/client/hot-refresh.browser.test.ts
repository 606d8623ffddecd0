import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { chromium } from "playwright-core";
import { createServer } from "vite";
import { expect, test } from "vitest";
import { chromiumPath } from "./browser.fixture.ts";

const HTML = `<!doctype html><html><body><div id="root"></div><script type="module" src="/entry.tsx"></script></body></html>`;
const ENTRY = `
import app from "./app.tsx";
import { replaceApp, startApp } from "antiphon/react";
import { FakeEngine } from "antiphon/fake-engine";
if (import.meta.hot.data.started) replaceApp(app);
else startApp(app, { engine: new FakeEngine() });
import.meta.hot.data.started = true;
import.meta.hot.accept();
`;
const app = (label: string, more = "") => `
import { useState } from "react";
import { createApp, Link } from "antiphon/react";
function Counter() {
  const [count, setCount] = useState(0);
  return <main><button onClick={() => setCount(count + 1)}>${label} {count}</button><Link href="/more">More</Link></main>;
}
function More() { return <h1>More</h1>; }
const app = createApp().addPage(Counter, { route: "/", title: "${label}" });
${more}
export default app;
`;

test.skipIf(!chromiumPath)(
  "a new version of app.tsx keeps the state of mounted components, and brings new pages",
  { timeout: 60_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "antiphon-hot-"));
    await symlink(join(import.meta.dirname, "..", "..", "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "index.html"), HTML);
    await writeFile(join(folder, "entry.tsx"), ENTRY);
    await writeFile(join(folder, "app.tsx"), app("First"));
    const server = await createServer({
      root: folder,
      configFile: false,
      logLevel: "error",
      appType: "spa",
      plugins: [react()],
      resolve: {
        alias: {
          "antiphon/react": join(import.meta.dirname, "index.ts"),
          "antiphon/fake-engine": join(import.meta.dirname, "engine/fake-engine.fixture.ts"),
        },
      },
      server: { host: "127.0.0.1", port: 0, fs: { strict: false } },
      // A dependency that is found late reloads the page, and with it goes the state.
      optimizeDeps: { include: ["react", "react/jsx-dev-runtime", "react-dom/client", "socket.io-client"] },
      cacheDir: join(folder, ".vite"),
    });
    await server.listen();
    const browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls?.local[0] as string);
      const button = page.locator("button");
      await button.filter({ hasText: "First 0" }).click();
      await button.filter({ hasText: "First 1" }).waitFor();
      await writeFile(join(folder, "app.tsx"), app("Second", `app.addPage(More, { route: "/more", title: "More" });`));
      await button.filter({ hasText: "Second 1" }).waitFor();
      await page.getByText("More").click();
      await page.locator("h1", { hasText: "More" }).waitFor();
      expect(await page.title()).toBe("More");
    } finally {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  },
);
