import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}", "examples/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
