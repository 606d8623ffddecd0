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
    // No test measures time by these: they end a test that hangs. On an idle machine what is awaited comes at once.
    // On a busy one it comes too.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
