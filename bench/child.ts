import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** A process of this folder that answers each message with one. */
export class Child<Request, Answer> {
  readonly #process: ChildProcess;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on("message", (answer) => this.#settle?.resolve(answer as Answer));
    process.on("exit", (code) => this.#settle?.reject(new Error(`A process of the bench ended with code ${code}`)));
  }

  /** Starts a process, on a core of its own where that can be had; `ready` is its first message. */
  static async start<Request, Answer>(
    file: string,
    core: number,
    args: readonly string[] = [],
    nodeOptions: readonly string[] = [],
  ): Promise<{ child: Child<Request, Answer>; ready: Answer }> {
    const node = [process.execPath, "--expose-gc", ...nodeOptions, join(import.meta.dirname, file), ...args];
    const [command = "", ...rest] = canPin() ? ["taskset", "--cpu-list", String(core), ...node] : node;
    const env = { ...process.env, NODE_ENV: "production" };
    const child = new Child<Request, Answer>(spawn(command, rest, { stdio: ["ignore", 2, 2, "ipc"], env }));
    return { child, ready: await child.#next() };
  }

  #next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Sends a message and waits for the answer; one at a time. */
  async ask(request: Request): Promise<Answer> {
    const answer = this.#next();
    this.#process.send(request as object);
    return await answer;
  }

  async stop(): Promise<void> {
    this.#settle = undefined;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.disconnect();
    await ended;
  }
}

const built = new Set<string>();

/** Builds an app that is measured, as its author would; once per process. */
export function buildBenchApp(app = "app"): void {
  if (built.has(app)) return;
  built.add(app);
  const cli = join(import.meta.dirname, "../bin/antiphon.js");
  const { status } = spawnSync(process.execPath, [cli, "build"], {
    cwd: join(import.meta.dirname, app),
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) throw new Error("The bench's app could not be built");
}

/** True when each process can be given a core of its own. */
export function canPin(): boolean {
  return availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;
}
