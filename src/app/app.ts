import { collectPart } from "../bridge/context-values.ts";
import { DelegatedIdentity } from "../bridge/delegated-identity.ts";
import type { Identity } from "../bridge/request-context.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { ContextCollector, collectorPart } from "../context/collector.ts";
import { type BoundValue, type RunWithin, runWith } from "../context-variable.ts";
import { currentTranslator, translatorPart } from "../i18n/current-language.ts";
import { Translator } from "../i18n/translator.ts";
import { currentMail, mailPart } from "../mail/current-mail.ts";
import { databaseBound, withDatabaseFor } from "../models/database/context.ts";
import type { Database } from "../models/database/database.ts";
import type { ModelClass } from "../models/schema/model.ts";
import { type AppPart, appBound, RunningApp } from "../running-app.ts";
import type { Mode } from "../setting.ts";
import { MemoryStore } from "../stores/memory-store.ts";
import type { AppOptions } from "./app-options.ts";
import { secretOf } from "./development-secret.ts";
import { type AppMail, createAppMail } from "./mail.ts";
import { openAppDatabase } from "./open-database.ts";
import { openUsers } from "./users.ts";

/** A part that was opened, and how it is closed. */
export interface ClosingStep {
  /** Name for the log. */
  readonly name: string;
  run(): Promise<void>;
}

/** The database and users for an app's models, which the app may have next. */
export interface AppGeneration {
  readonly database: Database | undefined;
  /** Runs the start of the app's code: its timers go on with the database, and not with one unit of work. */
  start<T>(work: () => T | Promise<T>): Promise<T>;
  /** Makes the app use them. */
  adopt(): void;
}

/**
 * An app with all of its parts: stores, mail, database, sessions, users. Servers, commands and tests open it, run code in it
 * and close it.
 *
 * @example
 * await using app = await App.create({ root, config, mode: "production", logger, purpose: "command" });
 * await app.open([...models.values()]);
 * await app.run(() => objects(Note).count());
 */
export class App {
  readonly config: ResolvedConfig;
  readonly mode: Mode;
  /** Undefined for a command that sends its mails through the app that calls it. */
  readonly mail: AppMail | undefined;
  /** Translates for the app's requests. */
  readonly translator: Translator;
  readonly #options: AppOptions;
  readonly #secret: string;
  /** Sessions in memory outlive a reload of the app's code. */
  readonly #store = new MemoryStore();
  /** The parts that do not depend on the models. */
  readonly #base = new RunningApp();
  /** Open parts, the last one first. */
  readonly #closing: ClosingStep[] = [];
  #database: Database | undefined;
  #identity: DelegatedIdentity | undefined;

  private constructor(options: AppOptions, translator: Translator) {
    const { root, config, mode, logger, purpose } = options;
    this.translator = translator;
    this.#base.put(translatorPart, translator);
    const collector = new ContextCollector(config.contextProcessors, logger);
    this.#base.put(collectorPart, collector);
    this.#base.put(collectPart, collector.collect);
    this.#options = options;
    this.config = config;
    this.mode = mode;
    this.#secret = secretOf(config, { root, mode });
    // It may be opened in the middle of its work, so its step is there from the beginning.
    this.#closing.push({ name: "the database", run: async () => this.#database?.close() });
    if (purpose === "command" && currentMail()) return;
    const mail = createAppMail({
      root,
      mail: config.mail,
      logger,
      isPublic: purpose === "server" && mode === "production",
    });
    this.mail = mail;
    this.#base.put(mailPart, mail.queue);
    this.#closing.unshift({ name: "the mails", run: () => mail.queue.close() });
  }

  /**
   * Makes an app without its database and users, which depend on its models: `open()` adds them.
   *
   * @throws MAIL_SMTP_INVALID, MAIL_ADDRESS_INVALID and I18N_… errors
   */
  static async create(options: AppOptions): Promise<App> {
    const { purpose } = options;
    const callers = purpose === "command" ? currentTranslator() : undefined;
    return new App(options, callers ?? (await openTranslator(options)));
  }

  /** The database, if the app has models and is open. */
  get database(): Database | undefined {
    return this.#database;
  }

  /** Sessions and users of requests; the same object after a reload. Undefined until the app is open. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Opens the database, sessions and users. @throws DATABASE_… and AUTH_… errors */
  async open(models: readonly ModelClass[]): Promise<void> {
    (await this.prepare(models)).adopt();
  }

  /**
   * Makes database and users ready for models, which may be those that the app has. Nothing changes before they are adopted,
   * so that whatever else can fail may do so.
   *
   * @throws DATABASE_… and AUTH_… errors
   */
  async prepare(models: readonly ModelClass[] = []): Promise<AppGeneration> {
    const database = await this.#databaseFor(models);
    const [secret, store] = [this.#secret, this.#store];
    const identity = openUsers(database, { ...this.#options, secret, store, translator: this.translator });
    return {
      database,
      start: (work) => this.#start(database, work),
      adopt: () => {
        this.#database = database;
        if (this.#identity) this.#identity.use(identity);
        else this.#identity = new DelegatedIdentity(identity);
      },
    };
  }

  /** Runs work of the app: with its database, users, sessions and mail, and a unit of work of its own. Each event does. */
  readonly run: RunWithin = (work, values = []) => runWith([...values, ...this.#bound()], work);

  /** Runs the start or the end of the app's code, whose timers outlive it. */
  start<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#start(this.#database, work);
  }

  /** Sets a part that does not depend on the models; a reload may set it again. */
  put<T>(part: AppPart<T>, value: T): void {
    this.#base.put(part, value);
  }

  /** Returns how the open parts are closed, in this order: the reverse of that in which they were opened. */
  closing(): readonly ClosingStep[] {
    return [...this.#closing];
  }

  /** Closes all parts, each one although another fails, and throws the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#closing) await step.run().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #bound(): readonly BoundValue[] {
    return this.#database ? databaseBound(this.#database) : [appBound(this.#base)];
  }

  async #start<T>(database: Database | undefined, work: () => T | Promise<T>): Promise<T> {
    return database ? await withDatabaseFor(database, work) : await runWith([appBound(this.#base)], work);
  }

  async #databaseFor(models: readonly ModelClass[]): Promise<Database | undefined> {
    const before = this.#database;
    const known = before ? [...before.models.values()] : [];
    if (known.length === models.length && models.every((each) => known.includes(each))) return before;
    if (before) return await before.withModels(models);
    // Kept at once, so that it is closed whatever fails next.
    this.#database = await openAppDatabase(models, new RunningApp(this.#base), this.#options);
    return this.#database;
  }
}

function openTranslator({ root, config, mode, logger, purpose }: AppOptions): Promise<Translator> {
  const { i18n, basePath } = config;
  const onMissingValue = (key: string, name: string) =>
    logger.warn({}, `t(${JSON.stringify(key)}) has no value for {{${name}}}. Pass it: t("…", { ${name}: … }).`);
  const onUntranslated = (language: string, keys: readonly string[]) =>
    logger.warn(
      {},
      `locales/${language}.json has no text for ${listed(keys)}. Write it there. If the file lacks the key, run  antiphon makemessages.`,
    );
  return Translator.open({
    root,
    config: i18n,
    basePath,
    ...(mode === "production" ? {} : { onMissingValue }),
    ...(mode === "development" ? { onUntranslated } : {}),
    opensBroken: mode === "development" && purpose === "server",
  });
}

/** Most keys that one line of the log names. */
const MOST_KEYS = 10;

function listed(keys: readonly string[]): string {
  const named = keys.slice(0, MOST_KEYS).map((key) => JSON.stringify(key));
  return keys.length > MOST_KEYS ? `${named.join(", ")} and ${keys.length - MOST_KEYS} more` : named.join(", ");
}
