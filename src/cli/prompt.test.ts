import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { ScriptedPrompt, TerminalPrompt } from "./prompt.ts";

function terminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  let shown = "";
  const output = Object.assign(new PassThrough(), { isTTY });
  output.on("data", (part) => {
    shown += String(part);
  });
  return { input, prompt: new TerminalPrompt(input, output), shown: () => shown };
}

describe("Questions at the terminal", () => {
  it("are answered by a line", async () => {
    const { input, prompt, shown } = terminal(true);
    const answer = prompt.text("Name?");
    input.write("ada\n");
    expect(await answer).toBe("ada");
    expect(shown()).toContain("Name? ");
    for (const [text, expected] of [
      ["y\n", true],
      ["Yes\n", true],
      ["\n", false],
      ["yesterday\n", false],
    ] as const) {
      const confirmed = prompt.confirm("Sure?");
      input.write(text);
      expect(await confirmed).toBe(expected);
    }
  });

  it("CMD-4: for a password show nothing of what is typed", async () => {
    const { input, prompt, shown } = terminal(true);
    const raw: boolean[] = [];
    Object.assign(input, { setRawMode: (on: boolean) => raw.push(on) });
    const answer = prompt.secret("Password:");
    input.write(" s3cret\n");
    expect(await answer).toBe(" s3cret");
    expect(shown()).toBe("Password: \n");
    // The terminal itself echoes nothing meanwhile, and does again afterwards.
    expect(raw).toEqual([true, false]);
    const second = prompt.secret("Again:");
    input.write("\u0003");
    await expect(second).rejects.toMatchObject({ code: "CLI_INTERRUPTED" });
    const plain = prompt.text("Name?");
    input.write("ada\n");
    expect(await plain).toBe("ada");
    await expect(terminal(false).prompt.secret("Password:")).rejects.toMatchObject({ code: "CLI_NOT_INTERACTIVE" });
  });

  it("CMD-3: are interrupted by Ctrl+C and by the end of the input", async () => {
    const one = terminal(true);
    const answer = one.prompt.text("Name?");
    one.input.write("\u0003");
    await expect(answer).rejects.toMatchObject({ code: "CLI_INTERRUPTED" });
    const other = terminal(true);
    const second = other.prompt.text("Name?");
    other.input.end();
    await expect(second).rejects.toMatchObject({ code: "CLI_INTERRUPTED" });
  });

  it("are refused when nobody is there to answer", async () => {
    const { prompt } = terminal(false);
    expect(prompt.interactive).toBe(false);
    await expect(prompt.text("Name?")).rejects.toMatchObject({ code: "CLI_NOT_INTERACTIVE" });
    expect(new ScriptedPrompt(undefined).interactive).toBe(false);
    const scripted = new ScriptedPrompt(["y"]);
    expect(await scripted.confirm("Sure?")).toBe(true);
    await expect(scripted.text("And now?")).rejects.toMatchObject({ code: "CLI_NOT_INTERACTIVE" });
    expect(scripted.asked).toEqual(["Sure? [y/N]", "And now?"]);
    expect(await new ScriptedPrompt(["s3cret"]).secret("Password:")).toBe("s3cret");
  });
});
