import { p } from "@mikro-orm/core";
import { expect, test } from "vitest";
import { builtInModels } from "../auth/built-in-models.ts";
import { currentAuth } from "../auth/identity/auth.ts";
import type { AntiphonConfig } from "../config/define-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { currentTranslator } from "../i18n/current-language.ts";
import { currentMail, sendMail } from "../mail/current-mail.ts";
import { currentDatabase, entityManager, hasContext } from "../models/database/context.ts";
import { type ModelClass, model } from "../models/schema/model.ts";
import { currentSessions } from "../sessions/current-sessions.ts";
import { App } from "./app.ts";
import type { AppOptions } from "./app-options.ts";

class Note extends model("Note", { id: p.integer().primary() }) {}
class Tag extends model("Tag", { id: p.integer().primary() }) {}

const withUsers = (...own: ModelClass[]) => [...own, ...builtInModels(own)];
const silent = { info() {}, warn() {}, error() {} };

function made(given: Partial<AppOptions> = {}, config: AntiphonConfig = {}): Promise<App> {
  const where = { root: "/srv/notes", mode: "test" } as const;
  const resolved = resolveConfig({ database: { url: "sqlite::memory:" }, ...config }, where);
  return App.create({ ...where, config: resolved, logger: silent, purpose: "server", ...given });
}

test("code that an app runs finds its database, users, sessions, mail and translator, and none of them afterwards", async () => {
  await using app = await made();
  await app.open(withUsers(Note));
  app.run(() => {
    expect(currentDatabase()).toBe(app.database);
    expect(currentAuth().settings.appName).toBe("notes");
    expect(currentSessions().cookie.name).toBe("sessionid");
    expect(currentMail()).toBe(app.mail?.queue);
    expect(currentTranslator()).toBe(app.translator);
  });
  expect([hasContext(), currentMail()]).toEqual([false, undefined]);
});

test("every run has a unit of work of its own", async () => {
  await using app = await made();
  await app.open(withUsers(Note));
  const managers = [app.run(entityManager), app.run(entityManager)];
  expect(managers[0]).not.toBe(managers[1]);
});

test("an app without models has sessions of requests and mail, and no database", async () => {
  await using app = await made();
  await app.open([]);
  expect(app.database).toBeUndefined();
  expect(app.identity).toBeDefined();
  app.run(() => sendMail({ to: "ada@example.org", subject: "Hello", text: "" }));
  await app.mail?.queue.idle();
  expect(app.mail?.memory?.outbox).toHaveLength(1);
});

test("the parts are closed in the reverse order of opening, each although another fails", async () => {
  const app = await made();
  await app.open(withUsers(Note));
  expect(app.closing().map(({ name }) => name)).toEqual(["the mails", "the database"]);
  const queue = app.mail?.queue as { close(): Promise<void> };
  const close = queue.close.bind(queue);
  queue.close = async () => {
    await close();
    throw new Error("no mail server");
  };
  await expect(app.close()).rejects.toThrow("no mail server");
  await expect(app.run(() => currentDatabase().execute("select 1"))).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
});

test("a database that cannot be prepared is closed, and nothing is left open", async () => {
  let prepared: Parameters<NonNullable<AppOptions["prepareDatabase"]>>[0] | undefined;
  const app = await made({
    prepareDatabase: async (database) => {
      prepared = database;
      throw new Error("no tables");
    },
  });
  await expect(app.open(withUsers(Note))).rejects.toThrow("no tables");
  expect(app.database).toBeUndefined();
  await expect((async () => prepared?.run("select 1"))()).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
  await app.close();
});

test("changed models have users and sessions of their own as soon as they are adopted, and the same identity and mail", async () => {
  await using app = await made();
  await app.open(withUsers(Note));
  const { identity } = app;
  const before = app.run(currentAuth);
  const next = await app.prepare(withUsers(Note, Tag));
  expect(app.run(currentAuth)).toBe(before);
  await next.start(() => expect(currentDatabase().models.has("Tag")).toBe(true));
  next.adopt();
  const after = app.run(currentAuth);
  expect(after).not.toBe(before);
  expect(after.database.models.has("Tag")).toBe(true);
  expect(app.identity).toBe(identity);
  expect(app.run(currentMail)).toBe(app.mail?.queue);
});

test("a command cannot reach sessions in a server's memory, and uses mail and translator of the app that calls it", async () => {
  await using server = await made();
  await server.open([]);
  await using app = await server.run(() => made({ purpose: "command" }, { session: { backend: "memory" } }));
  await app.open(withUsers(Note));
  expect([app.mail, app.translator]).toEqual([undefined, server.translator]);
  server.run(() => app.run(() => expect(currentMail()).toBe(server.mail?.queue)));
  app.run(() => expect(() => currentSessions()).toThrow(expect.objectContaining({ code: "SESSION_OUT_OF_REACH" })));
});

test("a command that no app calls has mail and a translator of its own", async () => {
  await using app = await made({ purpose: "command" });
  await app.open(withUsers(Note));
  app.run(() => expect([currentMail(), currentTranslator()]).toEqual([app.mail?.queue, app.translator]));
});
