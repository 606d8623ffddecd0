import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const MODELS = 100;
const ROUNDS = 3;

/** Seconds that the compiler takes for an app of 100 models, beside the same app written for the ORM alone. */
export function modelTypes(): void {
  const rows = [
    ["the imports alone", ""],
    [`${MODELS} entities of the bare ORM`, app(bareEntity)],
    [`${MODELS} models`, app(ourModel)],
  ] as const;
  const measured = rows.map(([name, source]) => [name, check(source)] as const);
  const base = measured[0]?.[1] ?? 0;
  const bare = (measured[1]?.[1] ?? 0) - base;
  console.log("\nTypes: seconds of tsc for an app whose models have 14 fields and 4 relations each");
  for (const [name, seconds] of measured) {
    const ratio =
      seconds === base ? "" : `  ${((seconds - base) / bare).toFixed(2)} of the bare ORM, without the imports`;
    console.log(`  ${name.padEnd(34)} ${seconds.toFixed(2)} s${ratio}`);
  }
}

/** The best of some rounds: what else runs on the machine only adds. @throws Error when the source has type errors */
function check(source: string): number {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-model-types-"));
  try {
    writeFileSync(join(folder, "models.ts"), `${IMPORTS}\n${source}`);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
    const times = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      const { status, stdout } = spawnSync(
        process.execPath,
        [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder],
        {
          encoding: "utf8",
        },
      );
      if (status !== 0) throw new Error(`The generated app does not compile:\n${stdout.slice(0, 2_000)}`);
      return (performance.now() - start) / 1000;
    });
    return Math.min(...times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    rootDir: "/",
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: {
      "antiphon/models": [join(ROOT, "dist/models/index.d.ts")],
      "@mikro-orm/core": [join(ROOT, "node_modules/@mikro-orm/core/index.d.ts")],
    },
  },
  include: [],
  files: ["models.ts"],
};

const IMPORTS =
  'import { model, p } from "antiphon/models";\nimport { defineEntity } from "@mikro-orm/core";\nexport const used = [model, p, defineEntity];';

/** Every model with relations in all directions, and a function that reads and writes through them. */
function app(declare: (index: number) => string): string {
  return Array.from({ length: MODELS }, (_, index) => `${declare(index)}\n${use(index)}`).join("\n");
}

function properties(index: number): string {
  const before = (index + MODELS - 1) % MODELS;
  const after = (index + 1) % MODELS;
  return `{
  id: p.integer().primary(),
  title: p.string().length(200),
  slug: p.string().unique(),
  body: p.text().default(""),
  status: p.enum(["draft", "published", "archived${index}"]).default("draft"),
  price: p.decimal().precision(10).scale(2).nullable(),
  count: p.integer().default(0),
  big: p.bigint().nullable(),
  active: p.boolean().default(true),
  due: p.date().nullable(),
  at: p.time().nullable(),
  createdAt: p.datetime().onCreate(() => new Date()),
  updatedAt: p.datetime().nullable().onUpdate(() => new Date()),
  meta: p.json<{ color?: string; sizes: number[] }>().nullable(),
  next: () => p.manyToOne(M${after}).nullable(),
  previous: () => p.oneToMany(M${before}).mappedBy("next"),
  parent: () => p.manyToOne(M${index}).nullable(),
  others: () => p.manyToMany(M${(index + 7) % MODELS}),
}`;
}

function ourModel(index: number): string {
  return `export class M${index} extends model("M${index}", ${properties(index)}, {
  ordering: ["-createdAt", "title"],
  uniqueTogether: [["title", "due"]],
  fields: { title: { label: "Title" }, status: { choices: { draft: "Draft" } } },
  clean: (values) => (values.title === values.slug ? "The title is the slug." : undefined),
}) {}`;
}

function bareEntity(index: number): string {
  return `const S${index} = defineEntity({ name: "M${index}", properties: ${properties(index)} });
export class M${index} extends S${index}.class {}
S${index}.setClass(M${index});`;
}

function use(index: number): string {
  return `export function use${index}(row: M${index}): string {
  row.status = "archived${index}";
  row.next = row.next?.next?.previous[0] ?? null;
  const price: string | null | undefined = row.parent?.price;
  return row.title + (price ?? "") + (row.others[0]?.meta?.sizes[0] ?? 0) + row.createdAt.toISOString();
}`;
}

if (import.meta.main) modelTypes();
