import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CONFIG_KEYS } from "../../dist/config/config-keys.js";
import type { KeyRule, RuleTable } from "../../dist/setting.js";

const dist = join(import.meta.dirname, "../../dist");
const src = join(import.meta.dirname, "../../src");

/** A setting by its path, and the folder whose `options.ts` declares it. */
interface Declared {
  readonly path: string;
  readonly folder: string;
}

/** Folders besides a setting's own whose code may read it: they make the parts of an app and hand them their settings. */
const WHOLE = ["app", "server", "cli"];

/** Settings of the pages for signing in and up, which do not exist yet: an entry goes when its page reads it. */
const OF_COMING_PAGES: readonly string[] = [];

/** Settings that decide nothing but whether a server may start in production. */
const CHECKED_BY_CONFIG: readonly string[] = ["session.allowInsecure"];

function isTable(value: unknown): value is RuleTable {
  const isRule = (rule: unknown) => typeof rule === "object" && rule !== null && ("accepts" in rule || "group" in rule);
  return typeof value === "object" && value !== null && Object.values(value).every(isRule);
}

/** The tables of every folder, with the folder's name. */
async function tables(): Promise<readonly (readonly [folder: string, table: RuleTable])[]> {
  const folders = readdirSync(dist).filter((folder) => existsSync(join(src, folder, "options.ts")));
  const found = folders.map(async (folder) => {
    const module = (await import(join(dist, folder, "options.js"))) as object;
    return Object.values(module)
      .filter(isTable)
      .map((table) => [folder, table] as const);
  });
  return (await Promise.all(found)).flat();
}

/** Lists the settings of a table, each with the folder that has it in a table of its own. */
function settingsOf(
  table: RuleTable,
  declared: Awaited<ReturnType<typeof tables>>,
  above: Declared = { path: "", folder: "" },
): Declared[] {
  return Object.entries(table).flatMap(([name, rule]) => {
    const path = above.path === "" ? name : `${above.path}.${name}`;
    const owner = declared.find(([, own]) => own[name] === rule)?.[0];
    const found = { path, folder: owner ?? above.folder };
    if (!("group" in rule)) return [found];
    // A group of the sum is a table of one folder.
    const folder = declared.find(([, own]) => own === rule.group)?.[0] ?? found.folder;
    return settingsOf(rule.group, declared, { path, folder });
  });
}

/** The code of a folder, without its settings, comments and texts: what is left of a name there is read or written. */
function codeOf(folder: string): string {
  const root = join(dist, folder);
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js") && file !== "options.js" && hasSource(join(folder, file)))
    .map((file) => withoutProse(readFileSync(join(root, file), "utf8")))
    .join("\n");
}

/** A build that was not made from nothing has files of sources that are gone. */
function hasSource(file: string): boolean {
  return ["ts", "tsx"].some((ending) => existsSync(join(src, file.replace(/js$/, ending))));
}

function withoutProse(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gm, (found) =>
    found.startsWith("`") ? Array.from(found.matchAll(/\$\{([^}]*)\}/g), ([, inside]) => inside).join(" ") : "",
  );
}

/** The settings that no code reads. */
function unread(settings: readonly Declared[], code: (folder: string) => string): string[] {
  return settings
    .filter(({ path, folder }) => {
      const name = path.slice(path.lastIndexOf(".") + 1);
      return ![folder, ...WHOLE].some((each) => new RegExp(`\\b${name}\\b`).test(code(each)));
    })
    .map(({ path }) => path);
}

test("every setting is declared in the options of one folder, and is a key of antiphon.config.ts", async () => {
  const declared = await tables();
  const settings = settingsOf(CONFIG_KEYS, declared);
  expect(settings.length).toBeGreaterThan(100);
  expect(settings.filter(({ folder }) => folder === "")).toEqual([]);
  const known = new Set<KeyRule>();
  const collect = (table: RuleTable) => {
    for (const rule of Object.values(table)) {
      known.add(rule);
      if ("group" in rule) collect(rule.group);
    }
  };
  collect(CONFIG_KEYS);
  const orphans = declared.flatMap(([folder, table]) =>
    Object.entries(table).flatMap(([name, rule]) => (known.has(rule) ? [] : [`${folder}: ${name}`])),
  );
  expect(orphans).toEqual([]);
});

test("every setting is read by the code of its folder, or by the code that makes the app, but for those that are listed", async () => {
  const codes = new Map<string, string>();
  const code = (folder: string) => {
    const known = codes.get(folder) ?? (existsSync(join(dist, folder)) ? codeOf(folder) : "");
    codes.set(folder, known);
    return known;
  };
  expect(unread(settingsOf(CONFIG_KEYS, await tables()), code)).toEqual([...CHECKED_BY_CONFIG, ...OF_COMING_PAGES]);
});

test("a setting that only comments and texts name is found", () => {
  const settings = [
    { path: "mail.retries", folder: "mail" },
    { path: "mail.host", folder: "mail" },
  ];
  const code = withoutProse(`/** Its retries. */ const a = "retries"; // retries\nconnect(\`retries \${host}\`);`);
  expect(unread(settings, (folder) => (folder === "mail" ? code : ""))).toEqual(["mail.retries"]);
});
