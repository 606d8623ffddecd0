import { expectTypeOf } from "vitest";
import { defineConfig } from "./define-config.ts";

const config = defineConfig({
  appName: "notes",
  backendPrefix: "/api",
  extraPrefixes: ["/billing"],
  limits: { tabs: 3 },
});

expectTypeOf(config.backendPrefix).toEqualTypeOf<"/api">();
expectTypeOf(config.extraPrefixes).toEqualTypeOf<readonly ["/billing"]>();
expectTypeOf(config.limits.tabs).toEqualTypeOf<3>();

defineConfig({});
defineConfig({ onStart: (server) => void expectTypeOf(server.port).toEqualTypeOf<number>() });
defineConfig({ contentSecurityPolicy: false });
defineConfig({ contentSecurityPolicy: { "img-src": ["'self'"] } });
defineConfig({ trustProxy: ["10.0.0.0/8"], vite: { server: { warmup: {} } } });
defineConfig({ auth: { loginFields: ["username", "email"], throttle: { login: { attempts: 3 } } } });
defineConfig({ eventBridge: "session", session: { sameSite: "strict" }, mail: { backend: "file" } });

// @ts-expect-error: a key that no setting has
defineConfig({ prot: 3000 });
// @ts-expect-error: a port is a number
defineConfig({ port: "3000" });
// @ts-expect-error: a list, not one text
defineConfig({ extraPrefixes: "/billing" });
// @ts-expect-error: true is no policy
defineConfig({ contentSecurityPolicy: true });
// @ts-expect-error: no such field to sign in with
defineConfig({ auth: { loginFields: ["phone"] } });
// @ts-expect-error: no such bridge
defineConfig({ eventBridge: "half" });
// @ts-expect-error: a function that makes a back end is none
defineConfig({ auth: { backends: [() => ({ name: "model" })] } });
