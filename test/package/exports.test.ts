import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const entries = Object.entries(manifest.exports).filter(([path]) => path !== "./package.json");

test.each(entries)(
  "row 199a: the sub-path %s exists after a build and loads in Node without a browser",
  async (_path, file) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(existsSync(join(root, file.replace(/\.js$/, ".d.ts")))).toBe(true);
    const exports = (await import(join(root, file))) as object;
    expect(Object.keys(exports).length).toBeGreaterThan(0);
    expect(exports).not.toHaveProperty("default");
  },
);

test("what the browser loads reaches no module of Node and no folder of the server", () => {
  const seen = new Set<string>();
  const foreign = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, specifier = ""] of text.matchAll(/^(?:import\s*|(?:import|export)\b[^"';=]*?\bfrom\s*)"([^"]+)"/gm)) {
      if (specifier.startsWith(".")) visit(join(file, "..", specifier));
      else foreign.add(specifier);
    }
  };
  visit(join(root, "dist/client/index.js"));
  visit(join(root, "dist/auth/pages/index.js"));
  const folders = new Set([...seen].map((file) => file.slice(join(root, "dist/").length).replace(/\/[^/]+$/, "")));
  for (const folder of [...folders]) if (folder.startsWith("client/")) folders.delete(folder);
  expect([...folders].toSorted()).toEqual([
    "auth/pages",
    "client",
    "errors.js",
    "protocol",
    "trim-ends.js",
    "within.js",
  ]);
  const packages = [
    // The parts of this package that are one module for the whole page: stubs of states, and the client.
    "antiphon/auth",
    "antiphon/react",
    "react",
    "react-dom",
    "react-dom/client",
    "react/jsx-runtime",
    "socket.io-client",
    "@socket.io/component-emitter",
  ];
  expect([...foreign].filter((name) => !packages.includes(name))).toEqual([]);
});

test("every dependency is pinned, and CONTRIBUTING gives its reason", () => {
  const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    const scope = name.startsWith("@types/") ? "typescript" : name.startsWith("@mikro-orm/") ? "@mikro-orm/*" : name;
    expect(page, name).toContain(`\`${scope}\``);
  }
});

test("the lock file holds no addresses of a registry", () => {
  expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toMatch(/"resolved": "https?:/);
});

test("everything that a sub-path exports has a doc comment", () => {
  const silent: string[] = [];
  for (const file of globSync("src/**/*.{ts,tsx}", { cwd: root })) {
    if (/\.(test|test-d|fixture)\.tsx?$/.test(file)) continue;
    const text = readFileSync(join(root, file), "utf8");
    const exported = /^export (?:declare |abstract |async )*(?:class|function\*?|const|interface|type) (\w+)/gm;
    for (const match of text.matchAll(exported)) {
      const before = text.slice(0, match.index).trimEnd();
      // Of overloads the first one carries the comment.
      const overload = new RegExp(`export (?:async )?function ${match[1]}\\b`).test(before);
      if (!before.endsWith("*/") && !overload) silent.push(`${file}: ${match[1]}`);
    }
  }
  expect(silent).toEqual([]);
});
