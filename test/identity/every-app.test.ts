import { fieldInfo, type ModelClass, markUntrusted, objects } from "antiphon/models";
import { type TestApp, TestBrowser, testApp } from "antiphon/testing";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD } from "../support/identity-world.ts";
import { OpenPage } from "../support/open-page.ts";
import { APPS, namesOf, type Reflection, reflect } from "./every-app.ts";

const FREE = { eventsPerSecond: 1e6, burst: 1e6 };
const UNSAFE = ["POST", "PUT", "PATCH", "DELETE"];
const HTML = { accept: "text/html" };

/** What a browser may send in place of what a field is for. */
const SHIFTED: readonly unknown[] = [
  null,
  7,
  true,
  {},
  [],
  ["x"],
  { $gt: "" },
  { $ne: null },
  Number.POSITIVE_INFINITY,
  Number.NaN,
  new Date(0),
  10n,
  new Map(),
  new Set(["x"]),
  "x".repeat(10_000),
];

const codeOf = (error: unknown) => (error as { code?: string }).code;

test("The apps are found by looking for them", () => {
  expect(APPS.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      "examples/hello",
      "examples/notes",
      "fixtures/closed-app",
      "fixtures/identity-app",
      "fixtures/reset-app",
    ]),
  );
});

describe.each(APPS)("in %s", (_, root) => {
  let found: Reflection;
  let app: TestApp;
  let nobody: TestBrowser;
  let boss: TestBrowser;
  const statements: string[] = [];
  const writes = () =>
    statements.splice(0).filter((sql) => !/^(select|pragma|begin|commit|rollback|savepoint)/i.test(sql));

  beforeAll(async () => {
    found = await reflect(root);
    app = await testApp({
      root,
      logger: pino({ level: "silent" }),
      config: { limits: FREE },
      onQuery: (sql) => void statements.push(sql),
    });
    nobody = new TestBrowser();
    boss = new TestBrowser();
    if (!app.server.database) return;
    await app.createSuperuser({ username: "root", password: PASSWORD, email: "root@example.com" });
    await app.createUser({ username: "plain", password: PASSWORD });
    await app.signIn("root", boss);
  });
  afterAll(() => app?.close());

  test("SEC-2: no state class is missed, the framework's own included", () => {
    const ids = found.states.map(({ info }) => info.id);
    expect(ids.toSorted()).toEqual(app.server.stateIds.toSorted());
    expect(ids.some((id) => id.startsWith("antiphon."))).toBe(true);
  });

  test("SEC-2: in every state class each name that is no event is refused alike, and no var changes", async () => {
    await using page = await OpenPage.open(app, boss);
    let refused = 0;
    for (const { info, stateClass } of found.states) {
      const { id } = info;
      await page.engine.ready(id);
      const stop = page.engine.watch(id);
      const before = JSON.stringify(page.engine.snapshot(id));
      for (const name of namesOf(stateClass)) {
        if (info.events.has(name)) continue;
        const error = await page.call(id, name, "x", 1).catch((thrown: Error) => thrown);
        const message = error?.message.replace(JSON.stringify(name), "…");
        expect([id, name, codeOf(error), message]).toEqual([
          id,
          name,
          "EVENT_UNKNOWN",
          `… is not an event of ${info.name}.`,
        ]);
        refused++;
      }
      expect(JSON.stringify(page.engine.snapshot(id))).toBe(before);
      stop();
    }
    expect(refused).toBeGreaterThan(found.states.length * 20);
  });

  test("SEC-2: nothing but a state class is one: no model, no base, no name of an object", async () => {
    await using page = await OpenPage.open(app, boss);
    const models = [...(app.server.database?.models.keys() ?? [])].flatMap((name) => [
      name,
      `models.${name}`,
      `auth.${name}`,
    ]);
    for (const id of ["", "__proto__", "constructor", "antiphon.State", "antiphon.AppState", ...models]) {
      const code = await page.call(id, "look").catch(codeOf);
      expect([id, code]).toEqual([id, id === "" ? "CHANNEL_FRAME_INVALID" : "STATE_UNKNOWN"]);
    }
  });

  test("SEC-4: in every state class no name but a listed field can be written, and that only with what its schema takes", async () => {
    await using page = await OpenPage.open(app, boss);
    for (const { info, stateClass } of found.states) {
      const { id, fields, vars, computed, events } = info;
      await page.engine.ready(id);
      const stop = page.engine.watch(id);
      const before = JSON.stringify(page.engine.snapshot(id));
      for (const name of new Set([...namesOf(stateClass), ...vars, ...computed, ...events.keys()])) {
        if (fields.has(name)) continue;
        const code = await page.engine.write(id, name, "x").catch(codeOf);
        expect([id, name, code]).toEqual([id, name, "EVENT_FIELD_UNKNOWN"]);
      }
      for (const [name, schema] of fields) {
        let refused = 0;
        for (const value of SHIFTED) {
          if (!(await schema["~standard"].validate(value)).issues) continue;
          const code = await page.engine.write(id, name, value).catch(codeOf);
          expect([id, name, value, code]).toEqual([id, name, value, "EVENT_ARGS_INVALID"]);
          refused++;
        }
        expect([id, name, refused > 0]).toEqual([id, name, true]);
      }
      expect(JSON.stringify(page.engine.snapshot(id))).toBe(before);
      stop();
    }
  });

  test("RT-4: nobody gets a var of a guarded state, and none of its events writes anything", async () => {
    await using page = await OpenPage.open(app, nobody);
    for (const { info } of found.states) {
      if (!info.guard) continue;
      const { id } = info;
      statements.splice(0);
      expect([id, await page.engine.ready(id).then(() => "ready", codeOf)]).toEqual([id, "STATE_REFUSED"]);
      for (const name of info.events.keys()) await page.call(id, name).catch(() => {});
      for (const name of info.fields.keys()) await page.engine.write(id, name, "x").catch(() => {});
      expect([id, page.engine.snapshot(id), writes()]).toEqual([id, undefined, []]);
    }
  });

  test("CSR-1, CSR-2, CSR-9: every view and end point refuses what another site's page sends, whatever the method", async () => {
    const cookie = boss.header();
    const forged: readonly Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site" },
      { origin: `${app.url}.evil.example` },
    ];
    for (const { owner, method, path } of found.views) {
      for (const each of UNSAFE) {
        const isRoute = owner === "view" ? method === each || method === "ALL" : method === each;
        // The socket and the health check know no such request at all.
        if (owner === "framework" && !isRoute) continue;
        for (const headers of forged) {
          statements.splice(0);
          const response = await app.fetch(path, {
            method: each,
            headers: { "content-type": "application/json", ...headers, ...(cookie ? { cookie } : {}) },
            body: "{}",
          });
          const text = await response.text();
          expect([each, path, headers, response.status, text.includes("CSRF_REFUSED")]).toEqual([
            each,
            path,
            headers,
            403,
            true,
          ]);
          expect(response.headers.getSetCookie()).toEqual([]);
          expect(writes()).toEqual([]);
        }
      }
    }
  });

  test("AUT-17, RT-4: every page asks who comes, on its first request and on the way to it", async () => {
    const get = async (path: string, as?: string) => {
      const response = await app.fetch(path, { headers: HTML, ...(as === undefined ? {} : { as }) });
      return { status: response.status, to: response.headers.get("location"), text: await response.text() };
    };
    for (const { path, title, needs, judge } of found.pages) {
      const stranger = await get(path);
      if (needs === "nothing" || needs === "anonymous") {
        expect([path, stranger.status]).toEqual([path, 200]);
        if (needs === "anonymous") expect([path, (await get(path, "plain")).status]).toEqual([path, 302]);
        continue;
      }
      if (needs === "its own function") {
        const judged = await judge();
        expect([path, stranger.status]).toEqual([path, judged === true ? 200 : judged === false ? 403 : 302]);
        continue;
      }
      expect([path, stranger.status, stranger.to]).toEqual([path, 302, expect.stringMatching(/[?&]next=/)]);
      if (typeof title === "string") expect(stranger.text).not.toContain(title);
      await using tab = await app.open(path);
      expect([path, tab.url]).toEqual([path, stranger.to]);
      const plain = await get(path, "plain");
      expect([path, plain.status]).toEqual([path, needs === "login" ? 200 : 403]);
      if (needs !== "login" && typeof title === "string") expect(plain.text).not.toContain(title);
    }
  });

  test("SEC-12, SEC-13: in every model a browser's object is no condition, and a hidden field is neither asked for nor shown", async () => {
    const secrets: string[] = [];
    const refusal = { code: expect.stringMatching(/^QUERY_/), status: 400 };
    await app.run(async () => {
      for (const model of (app.server.database?.models.values() ?? []) as Iterable<ModelClass>) {
        const fields = fieldInfo(model).filter(({ column }) => column !== "");
        statements.splice(0);
        for (const { name, hidden } of fields) {
          for (const text of ['{"$gt":""}', '{"gt":0}', '{"in":[1]}', '{"__proto__":{"$gt":0}}', "[1]", "{}"]) {
            const condition = { [name]: markUntrusted(JSON.parse(text) as never) };
            const failing = async () => objects(model).filter(condition).rows();
            await expect(failing(), `${model.name}.${name} ${text}`).rejects.toMatchObject(refusal);
          }
          if (!hidden) continue;
          secrets.push(name);
          const asks = [
            () => objects(model).where(name, "x").rows(),
            () => objects(model).where(name, "startsWith", "x").rows(),
            () =>
              objects(model)
                .orderBy(name as never)
                .rows(),
            () =>
              objects(model)
                .search("x", [name as never])
                .rows(),
          ];
          for (const ask of asks) {
            await expect((async () => ask())(), `${model.name}.${name} ${ask}`).rejects.toMatchObject(refusal);
          }
        }
        for (const { name, relation } of fields) {
          if (!relation) continue;
          for (const secret of fieldInfo(relation.target()).filter(({ hidden }) => hidden)) {
            const path = `${name}.${secret.name}`;
            await expect((async () => objects(model).where(path, "x").rows())(), path).rejects.toMatchObject(refusal);
          }
        }
        expect([model.name, statements.splice(0)]).toEqual([model.name, []]);
        await objects(model).rows();
        const [read = ""] = statements.splice(0);
        for (const { column, hidden } of fields) if (hidden) expect(read).not.toMatch(new RegExp(`\\b${column}\\b`));
      }
    });
    // The password's hash is one in every app that has users.
    expect(secrets.includes("password")).toBe(app.server.database !== undefined);
  });
});
