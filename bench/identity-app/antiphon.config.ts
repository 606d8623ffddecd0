import { defineConfig } from "antiphon";

export default defineConfig({
  appName: "bench-identity-app",
  backendPrefix: "/api",
  database: { url: "sqlite::memory:" },
});
