import { describe, expect, it } from "vitest";
import { AntiphonError } from "../errors.ts";
import { type Command, defineCommand } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { COMMANDS, main } from "./program.ts";
import { Terminal } from "./terminal.ts";

function terminal(options: { isTTY?: boolean; env?: Record<string, string> } = {}) {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    isTTY: options.isTTY ?? false,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return { written, terminal: new Terminal(stream("out"), stream("err"), options.env) };
}

const greet = defineCommand({
  name: "greet",
  summary: "Say hello",
  description: "Says it politely.",
  args: ["name", "[title]"],
  options: {
    loud: { type: "boolean", short: "l", description: "In capitals" },
    times: { type: "string", placeholder: "number", description: "How often" },
  },
  async run({ options, args }) {
    const text = `hello ${args.join(" ")} ${options.times ?? 1}`;
    if (args[0] === "nobody") throw new Error("nobody is there");
    if (args[0] === "ours") throw new AntiphonError("STATE_X", "It is broken.", { cause: new TypeError("deep") });
    if (args[0] === "three") return 3;
    output.push(options.loud ? text.toUpperCase() : text);
    return 0;
  },
});
const output: string[] = [];

async function run(argv: string[], commands: readonly Command[] = [greet]) {
  const { written, terminal: given } = terminal();
  output.length = 0;
  const code = await main(argv, { terminal: given, commands, root: "/nowhere" });
  return { code, ...written, output: [...output] };
}

describe("The program", () => {
  it("row 195, CMD-2: runs a command with its options and arguments, and hands on its exit code", async () => {
    expect(await run(["greet", "ada", "--loud", "--times=2"])).toMatchObject({ code: 0, output: ["HELLO ADA 2"] });
    expect(await run(["greet", "-l", "ada", "dr"])).toMatchObject({ code: 0, output: ["HELLO ADA DR 1"] });
    expect((await run(["greet", "three"])).code).toBe(3);
  });

  it("row 196: prints its version and the list of commands", async () => {
    expect((await run(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const argv of [[], ["help"], ["--help"], ["-h"], ["help", "help"]]) {
      expect(await run(argv)).toMatchObject({ code: 0, out: expect.stringMatching(/greet +Say hello\n/) });
    }
  });

  it("prints how a command is used, in two ways", async () => {
    const { out } = await run(["help", "greet"]);
    expect(out).toContain("Usage: antiphon greet name [title] [--loud] [--times <number>]");
    expect(out).toMatch(/-l, --loud +In capitals\n +--times <number> +How often\n/);
    expect((await run(["greet", "--help"])).out).toBe(out);
  });

  it.each([
    [["gret"], /CLI_COMMAND_UNKNOWN .*"gret"\. Did you mean "greet"\?/],
    [["halp"], /Did you mean "help"\?/],
    [["zzzzzzzz"], /There is no command "zzzzzzzz"\. Run/],
    [["help", "gret"], /Did you mean "greet"\?/],
    [["greet", "ada", "--lowd"], /CLI_USAGE .*no option "--lowd"\. Did you mean "--loud"\?/],
    [["greet", "ada", "-x"], /no option "-x"/],
    [["greet", "ada", "--times"], /CLI_USAGE .*--times/],
    [["greet", "ada", "--loud=yes"], /CLI_USAGE .*--loud/],
    [["greet"], /The argument name is missing\. Run {2}antiphon help greet/],
    [["greet", "a", "b", "c"], /"c" is one argument too many/],
  ])("CMD-1: answers %j with exit code 2 and a way out", async (argv, message) => {
    expect(await run(argv)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  });

  it("prints one of our errors as code and sentence, with its cause, and the stacks only with --verbose", async () => {
    const brief = await run(["greet", "ours"]);
    expect(brief.code).toBe(1);
    expect(brief.err).toMatch(/^STATE_X {2}It is broken\.\n {2}Cause: TypeError: deep\n {2}at .*program\.test/);
    expect(brief.err.split("\n")).toHaveLength(4);
    const verbose = await run(["greet", "ours", "--verbose"]);
    expect(verbose.err).toMatch(/Caused by: TypeError: deep\n {4}at /);
  });

  it("CMD-3: prints any other error with its stack", async () => {
    expect(await run(["greet", "nobody"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Error: nobody is there\n {4}at /),
    });
  });

  it("has help for each of its own commands", async () => {
    for (const { name } of COMMANDS) {
      const { out } = await run(["help", name], COMMANDS);
      expect(out).toContain(`Usage: antiphon ${name}`);
    }
    expect((await run(["run", "--port", "web"], COMMANDS)).err).toMatch(/--port takes a whole number .* Got "web"/);
  });
});

describe("The terminal", () => {
  it("uses colours for a person only", () => {
    const error = new AntiphonError("X_Y", "Oh.");
    const show = (options: Parameters<typeof terminal>[0]) => {
      const { written, terminal: given } = terminal(options);
      given.error(error);
      given.line(given.paint("bold", "text"));
      return written;
    };
    expect(show({ isTTY: true })).toEqual({ err: "\u001b[31mX_Y\u001b[39m  Oh.\n", out: "\u001b[1mtext\u001b[22m\n" });
    const plain = { err: "X_Y  Oh.\n", out: "text\n" };
    expect(show({})).toEqual(plain);
    expect(show({ isTTY: true, env: { NO_COLOR: "1" } })).toEqual(plain);
    expect(show({ isTTY: true, env: { TERM: "dumb" } })).toEqual(plain);
  });

  it("CMD-3: shows what a person can put right as one red line, without a stack", () => {
    const { written, terminal: given } = terminal({ isTTY: true });
    given.error(new CommandError("There are no notes.", { cause: new Error("deep") }));
    expect(written).toEqual({ out: "", err: "\u001b[31mError: There are no notes.\u001b[39m\n" });
  });

  it("keeps progress and warnings away from a command's output", () => {
    const { written, terminal: given } = terminal();
    given.step("Building");
    given.warn("Look.");
    expect(written).toEqual({ out: "", err: "Building …\nWarning: Look.\n" });
  });

  it("puts rows into columns", () => {
    const { written, terminal: given } = terminal();
    given.table(
      ["A", "LONG"],
      [
        ["first", "x"],
        ["b", ""],
      ],
    );
    expect(written.out).toBe("A      LONG\nfirst  x\nb\n");
  });
});
