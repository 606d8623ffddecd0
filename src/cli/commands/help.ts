import type { Command } from "../command.ts";

/** The text of `antiphon help`: every command with its one line. */
export function helpText(commands: readonly Command[]): string {
  const rows = [
    ...commands.map(({ name, summary }) => [name, summary] as const),
    ["help [command]", "Show this list, or how a command is used"] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    "Usage: antiphon <command> [options]",
    "",
    ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "  --version, -v  Print the version",
    "  --verbose      Show the stack of errors",
  ].join("\n");
}
