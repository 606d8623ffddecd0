import { defineConfig } from "antiphon";

export default defineConfig({ appName: "strict", backendPrefix: "/api" });
