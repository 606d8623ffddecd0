import { pageSettings } from "../../auth/page-settings.ts";
import { CONFIG_FILES, configImports } from "../../config/load-config.ts";
import type { Mode, ResolvedConfig } from "../../config/resolve-config.ts";
import type { Translator } from "../../i18n/translator.ts";
import type { Development } from "../../vite/development.ts";
import type { Logger } from "../logger.ts";
import type { Frontend } from "../views/frontend.ts";
import { createFrontendBuild, createFrontendTest } from "../views/frontend-build.ts";
import { createFrontendDev } from "../views/frontend-dev.ts";
import { type AppSource, loadApp } from "./load-app.ts";
import { serially } from "./serially.ts";
import type { OpenContext, OpenedApp } from "./server-parts.ts";

/** What decides how an app is opened. */
export interface OpenOptions {
  /** The app's folder. */
  readonly root: string;
  readonly mode: Mode;
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  readonly translator: Translator;
}

/** Loads an app and makes the front end that fits the mode: Vite's, the built files, or plain documents under test. */
export async function openApp(options: OpenOptions, context: OpenContext): Promise<OpenedApp> {
  const { root, mode, config, logger, translator } = options;
  const source = await loadApp({
    root,
    mode,
    basePath: config.basePath,
    languages: translator.prefixes,
    auth: pageSettings(config.auth),
    httpServer: context.httpServer,
    ...(config.vite === undefined ? {} : { viteConfig: config.vite }),
    log: logger,
    onReload: (app) => context.replace(app),
  });
  const { development } = source;
  development?.watch([...CONFIG_FILES, ".env", ".env.local"], (name) =>
    logger.warn(`${name} has changed. Settings are read at the start: stop the server and start it again.`),
  );
  // Context processors, for example.
  development?.watch(configImports(root), (name) =>
    logger.warn(
      `${name} has changed. The settings import it, and they are read at the start: stop the server and start it again.`,
    ),
  );
  if (development) followCatalogues(development, translator, logger);
  try {
    const frontend = await frontendOf(source, options, context);
    return {
      app: source,
      build: source.build,
      assetsUrl: source.assetsUrl,
      messageKeys: source.messageKeys,
      frontend: {
        handle: (request, response, given) => frontend.handle(request, response, given),
        upgrade: (request, socket, head) => frontend.upgrade?.(request, socket, head) === true,
        close: async () => {
          await frontend.close();
          await source.close();
        },
      },
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Reads the catalogues again when one has changed, and tells open pages. */
function followCatalogues(development: Development, translator: Translator, logger: Logger): void {
  const tell = (consequence: string) => {
    const error = translator.failure;
    development.messagesRead(error === undefined ? undefined : { error, consequence });
  };
  if (translator.failure !== undefined) tell("A catalogue cannot be read. Its texts are not translated until it can.");
  // One at a time, so that the texts of the last change stay.
  const read = serially(async (name: string) => {
    await translator.load();
    if (translator.failure === undefined) logger.info(`Reloaded ${name}`);
    tell("The translations could not be loaded; the earlier ones stay.");
  });
  development.watch(translator.files, (name) => {
    read(name).catch((err: unknown) => logger.error({ err }, "The translations could not be loaded."));
  });
}

async function frontendOf(
  source: AppSource,
  { root, config: { appName, basePath } }: OpenOptions,
  { app }: OpenContext,
): Promise<Frontend> {
  const { development, folder } = source;
  if (development) return createFrontendDev({ development, appName, basePath, app });
  return folder === undefined
    ? createFrontendTest({ root, appName, app })
    : createFrontendBuild({ folder, appName, app });
}
