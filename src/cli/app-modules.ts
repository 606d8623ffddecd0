import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { ModelClass } from "../models/schema/model.ts";
import { isModelClass, modelDefinition } from "../models/schema/model.ts";
import type { AppRunner } from "../vite/app-runner.ts";

/** Where an app's models may stand, in the order in which they are looked for. */
const MODEL_FILES = ["src/models", "src/models/index"].flatMap((path) =>
  [".tsx", ".ts", ".jsx", ".js", ".mts", ".mjs"].map((ending) => `${path}${ending}`),
);

/**
 * Loads single modules of an app for a command: the app's commands and its models share one copy of every module.
 * Nothing is started before the first of them is wanted.
 */
export class AppModules {
  readonly #root: string;
  #runner: Promise<AppRunner> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /** Loads a module of the app. */
  readonly load = async (file: string): Promise<Record<string, unknown>> => {
    this.#runner ??= this.#start();
    return (await this.#runner).load(file);
  };

  /** The model classes that `src/models.ts` exports, and the framework's, by their names; empty without such a file. */
  async models(): Promise<Map<string, ModelClass>> {
    const file = MODEL_FILES.map((name) => join(this.#root, name)).find((path) => existsSync(path));
    if (file === undefined) return new Map();
    const exported = Object.values(await this.load(file)).filter(isModelClass);
    const { builtInModels } = await import("../auth/built-in-models.ts");
    return new Map([...exported, ...builtInModels(exported)].map((model) => [modelDefinition(model).name, model]));
  }

  async close(): Promise<void> {
    const runner = await this.#runner?.catch(() => undefined);
    this.#runner = undefined;
    await runner?.close();
  }

  async #start(): Promise<AppRunner> {
    const { createAppRunner } = await import("../vite/app-runner.ts");
    const { config } = await loadConfig({ root: this.#root });
    return createAppRunner({
      root: this.#root,
      mode: "test",
      ...(config.vite === undefined ? {} : { viteConfig: config.vite }),
    });
  }
}
