import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../bin/antiphon.js");

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A copy of the fixture app. It lies in this folder, so that it finds the framework by its name. */
export class CliApp implements Disposable {
  readonly root = mkdtempSync(join(import.meta.dirname, "tmp-app-"));

  constructor() {
    cpSync(join(import.meta.dirname, "../fixtures/books-app"), this.root, { recursive: true });
  }

  /** Runs the program as a shell would, without a terminal. */
  async run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  start(...args: string[]) {
    return this.#spawn(args);
  }

  /** Runs the program with text on its standard input. */
  runWithInput(input: string, ...args: string[]): Promise<Ended> {
    return this.#spawn(args, { input }).ended;
  }

  /** Runs the program where no other is found. */
  runAlone(...args: string[]): Promise<Ended> {
    return this.#spawn(args, { path: "/nowhere" }).ended;
  }

  #spawn(args: readonly string[], { input, path }: { input?: string; path?: string } = {}) {
    const env = {
      ...process.env,
      NO_COLOR: "1",
      NODE_ENV: undefined,
      DATABASE_URL: undefined,
      ...(path === undefined ? {} : { PATH: path }),
    };
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.root,
      env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input ?? "");
    const output = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output.err += text;
    });
    return { child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, ...output })) };
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.root, file), text);
  }

  remove(file: string): void {
    rmSync(join(this.root, file));
  }

  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
    this.write(file, text.replace(from, to));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
