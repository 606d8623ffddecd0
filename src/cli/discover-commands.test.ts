import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Command, defineCommand, parseArguments, usageLine } from "./command.ts";
import { commandFiles, loadCommandFile, withAppCommands } from "./discover-commands.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-commands-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const command = (name?: string): Command =>
  defineCommand({ ...(name === undefined ? {} : { name }), summary: "x", run: async () => 0 });

describe("The commands of an app", () => {
  it("CMD-1: are the scripts of its commands folder", () => {
    expect(commandFiles(root)).toEqual([]);
    mkdirSync(join(root, "commands/deep"), { recursive: true });
    const names = ["b.ts", "a-b.js", "c.test.ts", "d.d.ts", "_e.ts", ".f.ts", "g.json", "h.mts"];
    for (const name of names) writeFileSync(join(root, "commands", name), "");
    expect(commandFiles(root).map(({ name }) => name)).toEqual(["a-b", "b", "h"]);
  });

  it("are called after their file unless they have a name of their own", async () => {
    const file = { name: "prune", path: join(root, "commands/prune.ts") };
    const load = (module: Record<string, unknown>) => loadCommandFile(root, file, async () => module);
    expect((await load({ default: command() })).map(({ name }) => name)).toEqual(["prune"]);
    const both = command("one");
    expect((await load({ default: both, one: both, two: command("two") })).map(({ name }) => name)).toEqual([
      "one",
      "two",
    ]);
    await expect(load({ default: { name: "like", run() {} } })).rejects.toMatchObject({
      code: "CLI_COMMAND_NOT_EXPORTED",
    });
    await expect(loadCommandFile(root, file, () => Promise.reject(new Error("bad.")))).rejects.toMatchObject({
      message: "commands/prune.ts could not be loaded: bad.",
    });
  });

  it("CMD-1: take the place of the framework's, and not of each other", () => {
    const [core, own] = [command("run"), command("run")];
    expect(withAppCommands([core, command("build")], [{ command: own, file: "a" }])[0]).toBe(own);
    const twice = [
      { command: own, file: "a" },
      { command: own, file: "b" },
    ];
    expect(() => withAppCommands([core], twice)).toThrow(/declared twice: a, b/);
  });
});

describe("Options and arguments", () => {
  const many = defineCommand({
    name: "many",
    summary: "x",
    args: ["first", "[rest …]"],
    options: { tag: { type: "string", multiple: true, description: "x" } },
    run: async () => {},
  });

  it("may be given several times", () => {
    const parsed = parseArguments(many, ["a", "--tag", "x", "b", "--tag=y", "c", "--traceback"]);
    expect(parsed).toMatchObject({ options: { tag: ["x", "y"] }, args: ["a", "b", "c"], verbose: true });
    expect(usageLine(many)).toBe("antiphon many first [rest …] [--tag <value>]");
  });
});
