import { expectTypeOf } from "vitest";
import type { ChannelLimits } from "../channel/options.ts";
import { defineConfig, type LimitsConfig } from "./define-config.ts";
import type { ResolvedConfig } from "./resolve-config.ts";

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

// The settings name every limit of the socket, and no other beside the one of HTTP bodies.
expectTypeOf<keyof Omit<LimitsConfig, "bodyBytes">>().toEqualTypeOf<keyof ChannelLimits>();

// A setting with a default is never undefined, and comes in one form.
const resolved = {} as ResolvedConfig;
expectTypeOf(resolved.port).toEqualTypeOf<number>();
expectTypeOf(resolved.publicUrl).toEqualTypeOf<string | undefined>();
expectTypeOf(resolved.eventBridge).toEqualTypeOf<false | "full" | "session" | "none">();
expectTypeOf(resolved.auth.loginFields).toEqualTypeOf<readonly ("username" | "email")[]>();
expectTypeOf(resolved.auth.throttle.login.attempts).toEqualTypeOf<number>();
expectTypeOf(resolved.session.domain).toEqualTypeOf<string | undefined>();
