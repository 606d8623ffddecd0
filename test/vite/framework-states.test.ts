import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AuthState, UserState } from "antiphon/auth";
import { ContextState, I18nState } from "antiphon/i18n";
import { expect, test } from "vitest";
import { classInfo } from "../../dist/state/class-info.js";
import { buildApp } from "../../dist/vite/build.js";
import { readStateEntry } from "../../dist/vite/states/framework-states.js";
import { appFolder } from "../support/app-folder.ts";

test.each([
  ["antiphon/auth", { AuthState, UserState }],
  ["antiphon/i18n", { ContextState, I18nState }],
] as const)("%s holds the stubs of its states in the browser, made of the classes", async (entry, classes) => {
  const { states, serverOnly } = await readStateEntry(entry);
  const expected = Object.entries(classes).map(([exportName, stateClass]) => {
    const { id, vars, computed, events, fields } = classInfo(stateClass);
    const args = Object.fromEntries([...events].map(([event, options]) => [event, options.args.length]));
    return { exportName, id, vars, computed, events: [...events.keys()], fields: [...fields.keys()], args };
  });
  expect(states.map(({ belongsTo: _, first, ...names }) => [names, first])).toEqual(
    expected.map((names) => [names, undefined]),
  );
  expect(serverOnly).toEqual(expect.arrayContaining(entry === "antiphon/auth" ? ["AppState", "login"] : ["t"]));
});

test("a page may import them, and a build has their stubs", async () => {
  using folder = appFolder("tiny-app");
  folder.edit(
    "src/app.tsx",
    (text) => `import { UserState as Visitor } from "antiphon/auth";\n${text}\nexport const visitor = [Visitor];\n`,
  );
  const { folder: built } = await buildApp({ root: folder.root });
  const assets = join(built, "client/_assets");
  const text = readdirSync(assets).filter((name) => name.endsWith(".js"));
  const code = text.map((name) => readFileSync(join(assets, name), "utf8")).join("\n");
  for (const name of ["UserState", "I18nState", "ContextState"]) expect(code).toContain(`antiphon.${name}`);
  expect(code).not.toMatch(/groupRequired|sessionid/);
}, 60_000);

test.each([
  ["loginRequired", "antiphon/auth", "AuthState, UserState"],
  ["t", "antiphon/i18n", "ContextState, I18nState"],
])(
  "%s of %s in a page stops the build, which names what the browser may import",
  async (name, entry, states) => {
    using folder = appFolder("tiny-app");
    folder.edit(
      "src/app.tsx",
      (text) => `import { ${name} as wrong } from "${entry}";\n${text}\nexport const used = wrong;\n`,
    );
    await expect(buildApp({ root: folder.root })).rejects.toMatchObject({
      code: "VITE_ENTRY_EXPORT_NOT_A_STATE",
      message: expect.stringContaining(`src/app.tsx imports "${name}" from "${entry}"`),
    });
    await expect(buildApp({ root: folder.root })).rejects.toThrow(
      `In the browser it holds ${states} and nothing else.`,
    );
  },
  60_000,
);
