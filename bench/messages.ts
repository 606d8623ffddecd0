import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { callCommand, createServer } from "antiphon";
import type { Page } from "playwright-core";
import { collectingLogger, SKIP_REASON, startBrowser } from "../test/support/chromium.ts";
import { messagesApp } from "../test/support/messages-app.ts";
import { median } from "./table.ts";

const ROOT = resolve(import.meta.dirname, "..");
const KEYS = 5_000;
const CALLS = 2_000;
const ROUNDS = 5;
const MOST_SECONDS = 0.5;
const MESSAGES = 100;
const PAGES = 10;
const SWITCHES = 50;
const MOST_MS = 50;

/** What messages cost: the compiler for its keys, and a visitor who chooses another language. */
export async function messages(): Promise<void> {
  messageTypes();
  await languageSwitch();
}

/** Seconds that the compiler takes for an app with the keys of its messages as a type, beside the same app without them. */
function messageTypes(): void {
  const [plain, typed] = [source(false), source(true)];
  try {
    // In turns, and the best of each: what else runs on the machine only adds.
    const times = Array.from({ length: ROUNDS }, () => [compile(plain), compile(typed)] as const);
    const without = Math.min(...times.map(([seconds]) => seconds));
    const seconds = Math.min(...times.map(([, each]) => each));
    const more = seconds - without;
    console.log(`\nMessages: seconds of tsc for ${CALLS} calls with keys`);
    console.log(`  any text is a key                  ${without.toFixed(2)} s`);
    console.log(`  a type of ${KEYS} keys               ${seconds.toFixed(2)} s`);
    console.log(
      `  more                               ${more.toFixed(2)} s  ${(more / MOST_SECONDS).toFixed(2)} of the limit`,
    );
  } finally {
    for (const folder of [plain, typed]) rmSync(folder, { recursive: true, force: true });
  }
}

function key(index: number): string {
  return `Message number ${index} of an app, for the visitor {{name}}`;
}

/** An app that calls both `t()`, on the server and in pages. */
function source(isTyped: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-message-types-"));
  const calls = Array.from(
    { length: CALLS },
    (_, at) => `  t(${JSON.stringify(key((at * 7) % KEYS))}, { name: "Ada" }),`,
  );
  const half = CALLS / 2;
  const text = `import { t } from "antiphon/i18n";
import { useI18n } from "antiphon/react";
export const texts = () => [
${calls.slice(0, half).join("\n")}
];
export function useTexts() {
  const { t } = useI18n();
  return [
${calls.slice(half).join("\n")}
  ];
}
`;
  writeFileSync(join(folder, "app.ts"), text);
  const keys = Array.from({ length: KEYS }, (_, index) => `  ${JSON.stringify(key(index))}: true;\n`).join("");
  if (isTyped) writeFileSync(join(folder, "messages.d.ts"), `interface AntiphonMessages {\n${keys}}\n`);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  return folder;
}

const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    rootDir: "/",
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: {
      "antiphon/i18n": [join(ROOT, "dist/context/index.d.ts")],
      "antiphon/react": [join(ROOT, "dist/client/index.d.ts")],
    },
  },
  include: ["*.ts"],
};

/** @throws Error when the app has type errors */
function compile(folder: string): number {
  const start = performance.now();
  const args = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`The generated app does not compile:\n${stdout.slice(0, 2_000)}`);
  return (performance.now() - start) / 1000;
}

/** Milliseconds from the click on another language to the page in it, in Chromium: by the server, without a reload. */
async function languageSwitch(): Promise<void> {
  if (SKIP_REASON !== "") return console.log(`\nSwitching language${SKIP_REASON}`);
  const copy = messagesApp(MESSAGES, true);
  const { logger } = collectingLogger();
  await callCommand("build", [], { root: copy.root });
  const server = await createServer({
    root: copy.root,
    mode: "production",
    port: 0,
    host: "127.0.0.1",
    logger,
    config: copy.config,
  });
  await server.listen();
  const browser = await startBrowser();
  try {
    const firsts: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < PAGES; round++) {
      // A visitor of their own has fetched nothing yet.
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(server.url);
      await page.waitForFunction(() => document.querySelector("button")?.textContent === "en");
      firsts.push(await switchLanguage(page));
      for (let each = 0; each < SWITCHES / PAGES; each++) times.push(await switchLanguage(page));
      await context.close();
    }
    const [first, middle] = [median(firsts), median(times)];
    console.log(`\nMessages: milliseconds until a page with ${MESSAGES} messages is in another language`);
    console.log(
      `  first time, with its messages      ${first.toFixed(1)} ms  ${(first / MOST_MS).toFixed(2)} of the limit`,
    );
    console.log(
      `  later                              ${middle.toFixed(1)} ms  ${(middle / MOST_MS).toFixed(2)} of the limit`,
    );
  } finally {
    await browser.close();
    await server.close();
    copy.remove();
  }
}

/** Clicks in the page and waits there until all of it is in the other language. */
async function switchLanguage(page: Page): Promise<number> {
  return await page.evaluate(async () => {
    const button = document.querySelector("button");
    const before = button?.textContent;
    const start = performance.now();
    const isDone = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector("button")?.textContent === before) return;
        observer.disconnect();
        resolve(performance.now() - start);
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    button?.click();
    return await isDone;
  });
}

if (import.meta.main) await messages();
