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
    // Browsers on two busy cores miss a moment now and then: there a failed test gets another try, and the log says so.
    retry: process.env.CI ? 2 : 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
