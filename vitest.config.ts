import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Copies of apps that tests make and change.
    exclude: ["**/node_modules/**", "**/tmp-*/**"],
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}", "examples/*/test/**/*.test.ts"],
    // What apps run is the built package: loaded by Node itself, so that there is one copy of each module.
    server: { deps: { external: [/\/dist\//] } },
    // Browsers and servers share two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is awaited comes at once on an idle machine. On a busy one it comes too.
    expect: { poll: { timeout: 20_000 } },
  },
});
