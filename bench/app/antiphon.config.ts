import { defineConfig } from "antiphon";

export default defineConfig({ appName: "bench-app" });
