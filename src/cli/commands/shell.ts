import { join } from "node:path";
import { text } from "node:stream/consumers";
import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon shell`. */
export const shellCommand = defineCommand({
  name: "shell",
  summary: "Open a Node prompt with the app's models and database",
  description:
    "Every model is there by its name, beside objects, atomic, entityManager, database and models. await works at the top\nlevel. Lines are kept in .antiphon/shell-history. Code that is piped in is run as a whole.",
  needs: "database",
  // The prompt takes Ctrl+C itself, to drop a line.
  handlesSignals: true,
  options: {
    eval: { type: "string", short: "e", placeholder: "code", description: "Run this, print what it gives, and end" },
  },
  async run({ root, options, terminal, database, models }) {
    const [{ objects }, { atomic }, { entityManager, setDefaultDatabase }] = await Promise.all([
      import("../../models/query/query-set.ts"),
      import("../../models/database/atomic.ts"),
      import("../../models/database/context.ts"),
    ]);
    const names = {
      ...Object.fromEntries(models),
      objects,
      atomic,
      entityManager,
      database,
      models: Object.fromEntries(models),
    };
    // What the prompt evaluates runs outside the command's own context.
    setDefaultDatabase(database);
    try {
      const code = options.eval ?? (process.stdin.isTTY ? undefined : await text(process.stdin));
      if (code !== undefined) {
        const { inspect } = await import("node:util");
        const value = await evaluate(code, names);
        if (value !== undefined) terminal.line(typeof value === "string" ? value : inspect(value, { depth: 5 }));
        return 0;
      }
      terminal.line(`${counted(models.size, "model")}: ${[...models.keys()].join(", ")}. Ctrl+D ends.`);
      await prompt(root, names);
      return 0;
    } finally {
      setDefaultDatabase(undefined);
    }
  },
});

/** Runs code as the prompt would: the value of its last expression, awaited. */
async function evaluate(code: string, names: Readonly<Record<string, unknown>>): Promise<unknown> {
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<unknown>;
  const keys = Object.keys(names);
  let run: (...values: unknown[]) => Promise<unknown>;
  try {
    run = new AsyncFunction(...keys, `return (${code}\n);`);
  } catch {
    run = new AsyncFunction(...keys, code);
  }
  return run(...Object.values(names));
}

async function prompt(root: string, names: Readonly<Record<string, unknown>>): Promise<void> {
  const { mkdirSync } = await import("node:fs");
  mkdirSync(join(root, ".antiphon"), { recursive: true });
  // Not before it is wanted: with it comes node:domain, which slows every event emitter of the process.
  const { start } = await import("node:repl");
  const repl = start({ prompt: "antiphon> ", useGlobal: true });
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(repl.context, name, { value, configurable: true, enumerable: true, writable: true });
  }
  await new Promise<void>((resolve) => repl.setupHistory(join(root, ".antiphon/shell-history"), () => resolve()));
  await new Promise<void>((resolve) => repl.once("exit", () => resolve()));
}
