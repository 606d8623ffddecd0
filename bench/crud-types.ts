import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const MODELS = 100;
const ROUNDS = 3;
/** Seconds more that an app of 100 data pages may take. */
const LIMIT = 2;

/** Seconds that the compiler takes for an app of 100 models, without and with a data state and a page for each. */
export function crudTypes(): void {
  const indices = Array.from({ length: MODELS }, (_, index) => index);
  const models = indices.map(modelText).join("\n");
  const alone = check({ "models.ts": `${MODEL_IMPORTS}\n${models}` });
  const whole = check({
    "models.ts": `${MODEL_IMPORTS}\n${models}`,
    "states.ts": `${stateImports(indices)}\n${indices.map(stateText).join("\n")}`,
    "pages.ts": `${pageImports(indices)}\n${indices.map(pageText).join("\n")}`,
  });
  const more = whole - alone;
  console.log(`\nTypes: seconds of tsc for ${MODELS} models, each with a ModelState and a page that uses its members`);
  console.log(`  the models alone                   ${alone.toFixed(2)} s`);
  console.log(`  with states and pages              ${whole.toFixed(2)} s`);
  console.log(
    `  more                               ${more.toFixed(2)} s  ${(more / LIMIT).toFixed(2)} of the limit of ${LIMIT} s`,
  );
}

/** The best of some rounds: what else runs on the machine only adds. @throws Error when the sources have type errors */
function check(files: Readonly<Record<string, string>>): number {
  const folder = mkdtempSync(join(tmpdir(), "antiphon-crud-types-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...CONFIG, files: Object.keys(files) }));
    const times = Array.from({ length: ROUNDS }, () => {
      const start = performance.now();
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
      if (status !== 0) throw new Error(`The generated app does not compile:\n${stdout.slice(0, 2_000)}`);
      return (performance.now() - start) / 1000;
    });
    return Math.min(...times);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const entry = (folder: string) => [join(ROOT, `dist/${folder}/index.d.ts`)];
const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    rootDir: "/",
    typeRoots: [join(ROOT, "node_modules/@types")],
    paths: {
      "antiphon/models": entry("models"),
      "antiphon/crud": entry("crud"),
      "antiphon/auth": entry("auth"),
      "antiphon/react": entry("client"),
      "antiphon/state": entry("state"),
      "@mikro-orm/core": [join(ROOT, "node_modules/@mikro-orm/core/index.d.ts")],
    },
  },
  include: [],
};

const MODEL_IMPORTS = 'import { model, p } from "antiphon/models";\nimport { User } from "antiphon/auth";';

function modelText(index: number): string {
  return `export class Model${index} extends model("Model${index}", {
  id: p.integer().primary(),
  user: () => p.manyToOne(User),
  title: p.string().length(200),
  body: p.text().default(""),
  status: p.enum(["draft", "published", "archived${index}"]).default("draft"),
  price: p.decimal().precision(10).scale(2).nullable(),
  count: p.integer().nullable(),
  active: p.boolean().default(true),
  due: p.date().nullable(),
  remindAt: p.datetime().nullable(),
  createdAt: p.datetime().onCreate(() => new Date()),
  next: () => p.manyToOne(Model${(index + 1) % MODELS}).nullable(),
  others: () => p.manyToMany(Model${(index + 7) % MODELS}),
}, { ordering: ["-createdAt"] }) {}`;
}

function stateImports(indices: readonly number[]): string {
  const names = indices.map((index) => `Model${index}`).join(", ");
  return `import { ModelState, UserScoped } from "antiphon/crud";\nimport { event } from "antiphon/state";\nimport { ${names} } from "./models.ts";`;
}

function stateText(index: number): string {
  return `export class State${index} extends UserScoped(ModelState(Model${index}, {
  fields: ["title", "body", "status", "price", "count", "active", "due", "remindAt", "next", "others"],
  listVar: "rows",
  searchFields: ["title"],
  orderingFields: ["title", "createdAt"],
  filterFields: ["status"],
  paginateBy: 20,
}), "user") {
  static override events = { ...super.events, archive: event() };
  archived = 0;
  archive() { this.archived += this.rows.length; }
  protected cleanTitle(title: string) { return title.trim(); }
  protected override getQueryset() { return super.getQueryset().filter({ status: "archived${index}" }); }
}`;
}

function pageImports(indices: readonly number[]): string {
  const names = indices.map((index) => `State${index}`).join(", ");
  return `import { useField, useServerState } from "antiphon/react";\nimport { ${names} } from "./states.ts";`;
}

function pageText(index: number): string {
  return `export function Page${index}() {
  const state = useServerState(State${index});
  const title = useField(State${index}, "title");
  void state.setStatus("archived${index}");
  void state.save();
  void state.setOrdering("-title");
  void state.startEdit(state.rows[0]?.id ?? 0);
  void state.archive();
  return [title.input, state.rows.map((row) => row.title + row.status), state.fieldErrors.title, state.totalCount];
}`;
}

if (import.meta.main) crudTypes();
