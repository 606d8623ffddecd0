import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand } from "antiphon";
import { afterAll, expect, test } from "vitest";
import { copyOfFixture } from "../support/chromium.ts";

const repository = join(import.meta.dirname, "../..");
const copy = copyOfFixture("languages-app");
afterAll(() => copy.remove());

const CONFIG = {
  extends: join(repository, "tsconfig.json"),
  compilerOptions: { rootDir: repository, paths: {} },
  include: ["src"],
};

/** One misspelt key for each function that takes keys. */
const MISSPELT = `import { inLanguage, lazy, message, t } from "antiphon/i18n";
import { useI18n } from "antiphon/react";

export const right = [t("Hello"), String(lazy("Goodbye")), message("More")];
// A key in a table keeps its type.
const STATUS = { more: message("More") };
export const shown = t(STATUS.more);
export const one = t("Helo");
export const two = lazy("Godbye");
export const three = message("Mroe");
export const four = inLanguage("de", () => t("{{count}} note", { count: 2 }));
export function Five() {
  const { t } = useI18n();
  return [t("Other page"), t("Other pages")];
}
`;

function compile(): string[] {
  const args = [join(repository, "node_modules/typescript/bin/tsc"), "-p", copy.root, "--pretty", "false"];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: copy.root });
  return stdout.split("\n").filter((line) => line !== "");
}

test("with the keys as a type, the compiler finds each misspelt one, in server code and in pages; without it any text is a key", async () => {
  writeFileSync(join(copy.root, "tsconfig.json"), JSON.stringify(CONFIG));
  await callCommand("makemessages", ["--types"], { root: copy.root });
  expect(compile()).toEqual([]);
  writeFileSync(join(copy.root, "src/misspelt.tsx"), MISSPELT);
  const errors = compile().filter((line) => line.startsWith("src/"));
  expect(
    errors.map((line) =>
      /^src\/misspelt\.tsx\((\d+),.*"(Helo|Godbye|Mroe|\{\{count\}\} note|Other pages)"/.exec(line)?.slice(1),
    ),
  ).toEqual([
    ["8", "Helo"],
    ["9", "Godbye"],
    ["10", "Mroe"],
    ["11", "{{count}} note"],
    ["14", "Other pages"],
  ]);
  writeFileSync(join(copy.root, "src/messages.d.ts"), "");
  expect(compile()).toEqual([]);
});
