import type { Plugin } from "vite";
import { type AppFiles, findAppFiles, shortPath } from "./app-files.ts";

/** The module that the server loads: the app, its state modules, its routes and its models. */
export const SERVER_ENTRY = "virtual:antiphon/server-entry";
/** What the server's entry exports. */
export interface ServerEntry {
  readonly app: unknown;
  readonly routes: unknown;
  /** What `src/models.ts` exports; undefined without that file. */
  readonly models: Readonly<Record<string, unknown>> | undefined;
  readonly stateModules: readonly Record<string, unknown>[];
  readonly stateFiles: readonly string[];
}
/** The module that the browser loads first. */
export const CLIENT_ENTRY = "virtual:antiphon/client-entry";

/** The text of the server's entry; `stateFiles` names the module at the same place of `stateModules`. */
export function serverEntryCode(root: string, files: AppFiles): string {
  const quote = (file: string) => JSON.stringify(file);
  const states = files.states.map((file, index) => `import * as state${index} from ${quote(file)};`);
  const names = files.states.map((file) => shortPath(root, file));
  return [
    ...states,
    `export { default as app } from ${quote(files.app)};`,
    files.routes === undefined
      ? "export const routes = undefined;"
      : `export { default as routes } from ${quote(files.routes)};`,
    files.models === undefined ? "export const models = undefined;" : `export * as models from ${quote(files.models)};`,
    `export const stateModules = [${files.states.map((_, index) => `state${index}`).join(", ")}];`,
    `export const stateFiles = ${JSON.stringify(names)};`,
    "",
  ].join("\n");
}

/** Sent to open pages when the server's modules could be loaded again after a failure. */
export const LOADED_MESSAGE = "antiphon:loaded";

/** Sent to open pages when the catalogues were read again. */
export const MESSAGES_MESSAGE = "antiphon:messages";

/**
 * The text of the browser's entry; in development it takes a changed app in without a reload.
 *
 * It accepts itself and not the app's module: Fast Refresh lets that module accept itself, finds that it exports more
 * than components, and passes the update on to its importers.
 */
export function clientEntryCode(app: string): string {
  return [
    `import app from ${JSON.stringify(app)};`,
    `import { UserState } from "antiphon/auth";`,
    `import { ContextState, I18nState } from "antiphon/i18n";`,
    `import { renewMessages, replaceApp, startApp } from "antiphon/react";`,
    "if (import.meta.hot?.data.started) replaceApp(app);",
    "else startApp(app, { states: { UserState, I18nState, ContextState } });",
    "if (import.meta.hot) {",
    "  import.meta.hot.data.started = true;",
    "  import.meta.hot.accept();",
    `  import.meta.hot.on("${LOADED_MESSAGE}", () => {`,
    `    for (const overlay of document.querySelectorAll("vite-error-overlay")) overlay.remove();`,
    "  });",
    `  import.meta.hot.on("${MESSAGES_MESSAGE}", renewMessages);`,
    // A changed module may use other keys. Before it is shown, so that none of them counts as unknown.
    `  import.meta.hot.on("vite:beforeUpdate", renewMessages);`,
    "}",
    "",
  ].join("\n");
}

/** Provides both entries. They are made anew whenever they are loaded, so they list the files that exist then. */
export function entries(root: string): Plugin {
  return {
    name: "antiphon:entries",
    resolveId: {
      filter: { id: /^(?:\0)?virtual:antiphon\/(?:server|client)-entry$/ },
      handler: (id) => (id.startsWith("\0") ? id : `\0${id}`),
    },
    load: {
      filter: { id: /^\0virtual:antiphon\/(?:server|client)-entry$/ },
      handler(id) {
        const files = findAppFiles(root);
        return id === `\0${CLIENT_ENTRY}` ? clientEntryCode(files.app) : serverEntryCode(root, files);
      },
    },
  };
}
