import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { findAppFiles, isStateModule, shortPath, stateModuleId } from "./app-files.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(...files: string[]): string {
  const root = mkdtempSync(join(tmpdir(), "antiphon-files-"));
  folders.push(root);
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file.endsWith("package.json") ? `{ "name": "some-package" }` : "");
  }
  return root;
}

test.each([
  ["/app/src/notes.state.ts", true],
  ["/app/src/notes.state.tsx", true],
  ["/p/dist/login.state.js", true],
  ["/p/dist/login.state.mjs", true],
  ["/app/src/notes.state.test.ts", false],
  ["/app/src/state.ts", false],
  ["/app/src/notes.state.ts.bak", false],
])("%s is a state module: %s", (file, expected) => {
  expect(isStateModule(file)).toBe(expected);
});

describe("the id of a state module", () => {
  test("is its path below src without the ending", () => {
    expect(stateModuleId("/app", "/app/src/hello.state.ts")).toBe("hello");
    expect(stateModuleId("/app", "/app/src/admin/users.state.tsx")).toBe("admin/users");
  });

  test("begins with the package's name inside a package", () => {
    const root = folderWith("package.json", "node_modules/some-package/package.json");
    expect(stateModuleId(root, join(root, "node_modules/some-package/dist/pages/login.state.js"))).toBe(
      "some-package/pages/login",
    );
  });
});

describe("the files of an app", () => {
  test("are the app, the routes, the models and every state module in a stable order", () => {
    const root = folderWith(
      "src/app.tsx",
      "src/routes.ts",
      "src/models.ts",
      "src/b.state.ts",
      "src/a/z.state.ts",
      "src/b.state.test.ts",
      "src/node_modules/x/y.state.ts",
    );
    expect(findAppFiles(root)).toEqual({
      app: join(root, "src/app.tsx"),
      routes: join(root, "src/routes.ts"),
      models: join(root, "src/models.ts"),
      states: [join(root, "src/a/z.state.ts"), join(root, "src/b.state.ts")],
    });
  });

  test("without src/app.tsx there is an error that shows the smallest one", () => {
    const root = folderWith("src/b.state.ts");
    expect(() => findAppFiles(root)).toThrow(
      /src\/app\.tsx does not exist[\s\S]*app\.addPage[\s\S]*export default app;/,
    );
    expect(() => findAppFiles(join(root, "nowhere"))).toThrow(expect.objectContaining({ code: "VITE_APP_MISSING" }));
  });

  test("two state modules of one id are refused by name", () => {
    const root = folderWith("src/app.tsx", "src/b.state.ts", "src/b.state.tsx");
    expect(() => findAppFiles(root)).toThrow(/src\/b\.state\.ts and src\/b\.state\.tsx/);
  });
});

test("a path is shown as its author knows it", () => {
  expect(shortPath("/app", "/app/src/app.tsx?t=3")).toBe("src/app.tsx");
  expect(shortPath("/app", "/elsewhere/node_modules/pg/lib/index.js")).toBe("node_modules/pg/lib/index.js");
});
