import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { serverOnlyFile, serverOnlyImport } from "./server-only.ts";

describe("judged by its name, an import", () => {
  test.each([
    "antiphon",
    "antiphon/state",
    "antiphon/models",
    "antiphon/testing",
    "antiphon/vite",
    "fastify",
    "@fastify/cookie",
    "@mikro-orm/core",
    "better-sqlite3",
    "pg",
    "pg/lib/utils",
    "socket.io",
  ])("of %s is refused", (source) => {
    expect(serverOnlyImport(source)?.reason).toEqual(expect.any(String));
  });

  test.each([
    "antiphon/react",
    "antiphon/auth/pages",
    "react",
    "socket.io-client",
    "pgp",
    "fastify-like",
    "zod",
    "./pg",
  ])("of %s is let through", (source) => {
    expect(serverOnlyImport(source)).toBeUndefined();
  });

  test("of antiphon/state names the module that to import from instead", () => {
    expect(serverOnlyImport("antiphon/state")?.fix).toContain("*.state.ts");
    expect(serverOnlyImport("antiphon/state")?.fix).toContain("antiphon/react");
  });
});

describe("judged by its place, a file", () => {
  test.each([
    "antiphon.config.ts",
    "antiphon.config.mjs",
    "src/routes.ts",
    "src/routes/billing.ts",
    "src/models.ts",
    "src/models/note.ts",
    "src/admin.ts",
    "src/mail.server.ts",
    "src/deep/mail.server.tsx",
    "commands/seed.ts",
    "migrations/0001.ts",
  ])("%s is refused", (file) => {
    expect(serverOnlyFile("/app", `/app/${file}`)?.reason).toEqual(expect.any(String));
  });

  test.each([
    "src/app.tsx",
    "src/models.state.ts",
    "src/pages/models.tsx",
    "src/server.ts",
    "src/routes-list.tsx",
    "src/pages/admin.tsx",
    "node_modules/x/src/models.js",
  ])("%s is let through", (file) => {
    expect(serverOnlyFile("/app", `/app/${file}`)).toBeUndefined();
  });

  test("of antiphon itself only the browser's parts are let through", () => {
    const own = resolve(import.meta.dirname, "../..");
    for (const part of [
      "client/index.js",
      "protocol/frames.js",
      "errors.js",
      "trim-ends.js",
      "within.js",
      "auth/pages/login.js",
    ]) {
      expect(serverOnlyFile("/app", `${own}/dist/${part}`), part).toBeUndefined();
    }
    for (const part of ["state/index.js", "server/create-server.js", "vite/plugin.js", "index.js"]) {
      expect(serverOnlyFile("/app", `${own}/dist/${part}`)?.reason, part).toContain("antiphon");
    }
  });
});
