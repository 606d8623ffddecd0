import { defineConfig } from "antiphon";

export default defineConfig({ appName: "closed", backendPrefix: "/api" });
