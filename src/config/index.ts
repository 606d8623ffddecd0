/** Settings: how an app declares them and how they are loaded. */
export { type ConfigProblem, checkConfig, configProblems } from "./check-config.ts";
export { type AntiphonConfig, defineConfig, type LimitsConfig } from "./define-config.ts";
export { CONFIG_FILES, type LoadedConfig, loadConfig } from "./load-config.ts";
export { checkProduction, type ProductionProblem, productionProblems } from "./production-problems.ts";
export { type Mode, type ResolvedConfig, resolveConfig } from "./resolve-config.ts";
