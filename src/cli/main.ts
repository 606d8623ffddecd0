#!/usr/bin/env node
// The program is imported only after the check: an older Node may fail on it without saying why.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  const { cliErrors } = await import("./errors.ts");
  const { code, message } = cliErrors.CLI_NODE_TOO_OLD(process.versions.node);
  process.stderr.write(`${code}  ${message}\n`);
  process.exitCode = 1;
} else {
  const { main } = await import("./program.ts");
  process.exitCode = await main(process.argv.slice(2));
}

export {};
