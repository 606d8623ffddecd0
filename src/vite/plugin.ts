import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { createServerModuleRunner, type Plugin, type UserConfig } from "vite";
import type { ModuleRunner } from "vite/module-runner";
import { toSlashes } from "./app-files.ts";
import { entries } from "./entries.ts";
import { prebundledPackages } from "./prebundled.ts";
import { serverOnly } from "./server-only.ts";
import { frameworkStates } from "./states/framework-states.ts";
import { protectedFields } from "./states/protected-fields.ts";
import { type ServerModuleLoader, StubTable, stateImports, stateStubs, stateTags } from "./states/state-modules.ts";

/** Options of {@link antiphon}. */
export interface AntiphonPluginOptions {
  /** The app's folder, where `antiphon.config.ts` and `src` are; the working directory when absent. */
  readonly root?: string;
}

/**
 * The Vite plugin that makes `*.state.ts` the crossing point between server and browser.
 *
 * `antiphon run` and `antiphon build` put it in by themselves. Add it to the configuration of another tool that loads
 * state modules through Vite, such as Vitest, so that the classes get their ids.
 *
 * @example
 * // vitest.config.ts
 * import { antiphon } from "antiphon/vite";
 * import { defineConfig } from "vitest/config";
 * export default defineConfig({ plugins: [antiphon()] });
 */
export function antiphon(options: AntiphonPluginOptions = {}): Plugin[] {
  const root = appRoot(options.root ?? process.cwd());
  let runner: Promise<ModuleRunner> | undefined;
  let start = (): Promise<ModuleRunner> => Promise.reject(new Error("Run  antiphon build  to build the app."));
  const load: ServerModuleLoader = async (file) => {
    runner ??= start();
    return (await runner).import(file);
  };
  const server: Plugin = {
    name: "antiphon:server-modules",
    configureServer(vite) {
      start = async () => createServerModuleRunner(vite.environments.ssr, { hmr: false });
    },
  };
  return [server, ...appPlugins(root, new StubTable(root, load))];
}

/** The app's folder as Vite sees it: absolute, without symbolic links. */
export function appRoot(root: string): string {
  return toSlashes(realpathSync(resolve(root)));
}

/**
 * All parts of the plugin, in the order in which they must see a module: refuse, make, replace, check, compile, tag.
 */
export function appPlugins(root: string, stubs: StubTable): Plugin[] {
  return [
    settings(root),
    frameworkStates(),
    serverOnly(root),
    entries(root),
    stateStubs(root, stubs),
    protectedFields(root),
    ...react(),
    stateTags(root),
    stateImports(root, stubs),
  ];
}

function settings(root: string): Plugin {
  return {
    name: "antiphon:settings",
    config: (): UserConfig => ({
      appType: "custom",
      resolve: { dedupe: ["react", "react-dom", "antiphon"] },
      // One copy of the framework, Node's own: the server that runs the app is another importer of it.
      ssr: { external: ["antiphon"] },
      optimizeDeps: {
        // The scan starts here, so every package is bundled before the first page is shown, and none reloads it later.
        entries: ["src/app.{tsx,ts,jsx,js,mts,mjs}"],
        // Its state modules must pass through this plugin.
        exclude: ["antiphon"],
        include: [
          "react",
          "react-dom",
          "react-dom/client",
          "react/jsx-runtime",
          "react/jsx-dev-runtime",
          "antiphon > socket.io-client",
          ...prebundledPackages(root),
        ],
      },
      server: {
        fs: {
          deny: [
            ".env",
            ".env.*",
            "*.{crt,pem,key,p12,pfx,cer,der}",
            ".npmrc",
            ".yarnrc.yml",
            "**/.git/**",
            "*.state.{ts,tsx,mts,cts,js,jsx,mjs,cjs}",
            "*.server.{ts,tsx,mts,cts,js,jsx,mjs,cjs}",
            "antiphon.config.*",
            "*.{sqlite,sqlite3,db}{,-wal,-shm,-journal}",
          ],
        },
      },
    }),
  };
}
