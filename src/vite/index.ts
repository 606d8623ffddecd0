/** `antiphon/vite`: the plugin for tools that load state modules through Vite, such as Vitest. */
export { type AntiphonPluginOptions, antiphon } from "./plugin.ts";
