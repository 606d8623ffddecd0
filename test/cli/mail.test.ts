import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CliApp } from "../support/cli-app.ts";

const SETTINGS = `import { defineConfig } from "antiphon";
export default defineConfig({ appName: "library", mail: { backend: "file", from: "library@example.org" } });
`;
const REMIND = `import { defineCommand, sendMail } from "antiphon";
export const remind = defineCommand({
  name: "remind",
  summary: "Remind readers",
  needs: "database",
  run({ terminal }) {
    for (const to of ["ada@example.org", "no address", "bob@example.org"]) sendMail({ to, subject: "Your book", text: "Is due." });
    terminal.line("Reminded.");
  },
});
`;

test("a command sends its mails before it ends, and tells of one that can't be sent", async () => {
  using app = new CliApp();
  app.write("antiphon.config.ts", SETTINGS);
  app.write("commands/remind.ts", REMIND);
  const { code, out, err } = await app.run("remind");
  expect({ code, out }).toEqual({ code: 0, out: "Reminded.\n" });
  const folder = join(app.root, ".antiphon/mail");
  const mails = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  expect(mails.map((mail) => /^To: (.*)$/m.exec(mail)?.[1]).sort()).toEqual(["ada@example.org", "bob@example.org"]);
  expect(mails[0]).toContain("From: library@example.org");
  expect(err.match(/A mail was not sent/g)).toHaveLength(1);
});
