import { defineConfig } from "antiphon";

export default defineConfig({
  appName: "desk",
  backendPrefix: "/api",
  publicUrl: "https://desk.example.com",
  mail: { from: "Desk <desk@example.com>" },
});
