import { defineConfig } from "antiphon";

export default defineConfig({ backendPrefix: "/api", database: { url: "sqlite::memory:" } });
