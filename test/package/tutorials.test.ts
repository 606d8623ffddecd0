import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { manifest, type PackedPackage, packPackage, repository } from "../support/packed-package.ts";

const run = promisify(execFile);
const PACKAGES = ["react", "react-dom", "zod", "vitest", "typescript", "@types/node", "@types/react"];
const TUTORIALS = ["counter", "tasks", "data-page"];
const ENV = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST") && name !== "NODE_ENV"),
  ),
  NO_COLOR: "1",
  ANTIPHON_PORT: "0",
  ANTIPHON_SUPERUSER_USERNAME: "ada",
  ANTIPHON_SUPERUSER_EMAIL: "ada@example.org",
  ANTIPHON_SUPERUSER_PASSWORD: "correct horse battery",
};

/** A block of a page: what is to be written, changed or run. */
interface Step {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

function stepsOf(page: string): readonly Step[] {
  const text = readFileSync(join(repository, page), "utf8");
  return [...text.matchAll(/^```(\w+)(?: file=(\S+))?\n(.*?)^```/gms)].map(([, language = "", file, body = ""]) => ({
    language,
    file,
    text: body,
  }));
}

/** A server that the page has started, and what it has printed. */
class Running {
  readonly #child: ChildProcess;
  #output = "";
  #news = Promise.withResolvers<void>();

  constructor(command: string, folder: string) {
    // A group of its own, because npm and the shell do not pass signals on.
    this.#child = spawn("sh", ["-c", command], { cwd: folder, env: ENV, detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    }
    this.#child.once("close", (code) => this.#take(`\nended with ${code}\n`));
  }

  #take(text: string): void {
    this.#output += text;
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Waits until something is printed, and forgets what came before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#output);
      if (found) {
        this.#output = this.#output.slice(found.index + found[0].length);
        return found;
      }
      if (/\nended with /.test(this.#output)) throw new Error(`It ended before it printed ${pattern}: ${this.#output}`);
      await this.#news.promise;
    }
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode !== null || signalCode !== null || pid === undefined) return;
    const closed = once(this.#child, "close");
    process.kill(-pid, "SIGINT");
    await closed;
  }
}

describe.each(TUTORIALS)("docs/learn/%s.md, followed step by step in an empty folder", (name) => {
  let packed: PackedPackage;
  let running: Running | undefined;
  beforeAll(async () => {
    packed = await packPackage();
  });
  afterEach(async () => {
    await running?.stop();
  });
  afterAll(() => packed?.[Symbol.dispose]());

  /** The server that `npm start` or `run --prod` has started, once it answers. */
  async function start(command: string, folder: string): Promise<Running> {
    await running?.stop();
    running = new Running(command, folder);
    const [, url = ""] = await running.prints(/(http:\/\/[\w.]+:\d+\/)/);
    expect((await fetch(url.replace("0.0.0.0", "127.0.0.1"), { redirect: "manual" })).status).toBeLessThan(400);
    await running.prints(/Ready in/);
    return running;
  }

  function change(file: string, text: string, folder: string): void {
    const [removed, added] = ["-", "+"].map((sign) =>
      text
        .split("\n")
        .filter((line) => line.startsWith(sign))
        .map((line) => `${line.slice(1)}\n`)
        .join(""),
    ) as [string, string];
    const before = readFileSync(join(folder, file), "utf8");
    expect([file, before.split(removed).length]).toEqual([file, 2]);
    writeFileSync(
      join(folder, file),
      before.replace(removed, () => added),
    );
  }

  async function follow(command: string, folder: string): Promise<void> {
    // The packages are there already, from this repository.
    if (command === "npm install") return;
    if (command === "npm start") return void (await start(command, folder));
    await running?.stop();
    // Vitest's own limits are made for an idle machine.
    const asked = command
      .replace("createsuperuser", "createsuperuser --noinput")
      .replace("vitest run", "vitest run --testTimeout 60000 --hookTimeout 60000");
    await run("sh", ["-c", asked], { cwd: folder, env: ENV }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${command} failed: ${error.stdout}${error.stderr}`);
    });
  }

  test("every file compiles, every command succeeds and every change is taken in", async () => {
    const folder = packed.makeApp(name, PACKAGES);
    for (const { language, file, text } of stepsOf(`docs/learn/${name}.md`)) {
      if (language === "diff" && file !== undefined) {
        change(file, text, folder);
        await running?.prints(/Reloaded src\//);
      } else if (file !== undefined) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      } else if (text.includes("run --prod")) {
        await start(text, folder);
      } else {
        for (const line of text.trim().split("\n")) await follow(line.replace(/\s+#.*$/, ""), folder);
      }
    }
    await follow("npx tsc", folder);
  }, 180_000);

  test("its package.json names the versions that this repository uses", () => {
    const step = stepsOf(`docs/learn/${name}.md`).find(({ file }) => file === "package.json");
    const { dependencies, devDependencies } = JSON.parse(step?.text ?? "") as typeof manifest;
    const { antiphon, ...others } = { ...dependencies, ...devDependencies };
    expect(antiphon).toBe(`file:../antiphon-${manifest.version}.tgz`);
    const used = { ...manifest.devDependencies, ...manifest.dependencies };
    expect(others).toEqual(Object.fromEntries(Object.keys(others).map((each) => [each, used[each]])));
  });
});
