import type { AntiphonConfig } from "antiphon";
import { TestBrowser } from "antiphon/testing";
import { describe, expect, test } from "vitest";
import { Desk, UNCOUNTED } from "../support/reset-world.ts";

const ADA = "ada@example.org";
const UNSET = { publicUrl: undefined } as unknown as AntiphonConfig;

async function opened(config: AntiphonConfig = {}) {
  const desk = await Desk.open({ auth: { throttle: UNCOUNTED }, ...config });
  await desk.add("ada");
  /** Where the links of all mails lead that were sent since the last call. */
  const hosts = async () => {
    await desk.app.mailsSent();
    const mails = desk.app.outbox.splice(0);
    return mails.map(({ text }) => /https?:\/\/[^/\s]+/.exec(text)?.[0] ?? text);
  };
  return { desk, hosts, [Symbol.asyncDispose]: () => desk[Symbol.asyncDispose]() };
}

const LIES: readonly Record<string, string>[] = [
  { host: "evil.example" },
  { host: "desk.example.com.evil.example" },
  { host: "desk.example.com:80@evil.example" },
  { host: "localhost:3000@evil.example" },
  { "x-forwarded-host": "evil.example" },
  { x_forwarded_host: "evil.example" },
  { forwarded: "host=evil.example;proto=https" },
  { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "x-original-host": "evil.example" },
  { "x-host": "evil.example", "x-forwarded-server": "evil.example" },
];

describe("RST-9, SEC-17: where the link leads", () => {
  test("SEC-17: to publicUrl, whatever host a request names", async () => {
    await using world = await opened({ allowedHosts: ["*"] });
    for (const headers of LIES) await world.desk.raw("forgot", { email: ADA }, { headers });
    const absolute = await world.desk.raw("forgot", { email: ADA }, { target: "http://evil.example/api/forgot" });
    expect([200, 400]).toContain(absolute.status);
    const hosts = await world.hosts();
    expect(hosts.length).toBeGreaterThan(0);
    expect(new Set(hosts)).toEqual(new Set(["https://desk.example.com"]));
  });

  test("RST-9: a host that is none of the app's is refused (421), and no mail is sent", async () => {
    await using world = await opened(UNSET);
    for (const host of ["evil.example", "localhost.evil.example", "a:b@evil.example", "127.0.0.1:80@evil.example"]) {
      expect(await world.desk.raw("forgot", { email: ADA }, { headers: { host } })).toMatchObject({ status: 421 });
    }
    expect(await world.hosts()).toEqual([]);
  });

  test("RST-9: without publicUrl and outside of production, to the app's own host that was asked for", async () => {
    await using world = await opened(UNSET);
    const { url, server } = world.desk.app;
    await using view = await world.desk.door("a view");
    await using event = await world.desk.door("an event");
    await view.act("forgot", { email: ADA });
    await event.act("forgot", { email: ADA });
    expect(await world.hosts()).toEqual([url, url]);
    for (const headers of LIES.filter(({ host }) => host === undefined)) {
      await world.desk.raw("forgot", { email: ADA }, { headers: { ...headers, host: `localhost:${server.port}` } });
    }
    expect(new Set(await world.hosts())).toEqual(new Set([`http://localhost:${server.port}`]));
  });

  test("SEC-17: a proxy that is believed names no host either that is none of the app's", async () => {
    await using world = await opened({ ...UNSET, trustProxy: true, allowedHosts: ["desk.example.org"] });
    const say = (host: string) =>
      world.desk.raw("forgot", { email: ADA }, { headers: { "x-forwarded-host": host, "x-forwarded-proto": "https" } });
    expect(await say("desk.example.org")).toMatchObject({ status: 200 });
    expect(await world.hosts()).toEqual(["https://desk.example.org"]);
    for (const host of ["evil.example", "desk.example.org@evil.example", "desk.example.org, evil.example"]) {
      expect((await say(host)).status).toBeGreaterThanOrEqual(400);
    }
    expect(await world.hosts()).toEqual([]);
  });

  test("RST-9: a socket that came in under a foreign host asks for no mail", async () => {
    await using world = await opened(UNSET);
    const refused = await fetch(`${world.desk.app.url}/_event/?EIO=4&transport=polling`, {
      headers: { origin: "http://evil.example", "x-forwarded-host": "evil.example" },
    });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    await using event = await world.desk.door("an event", new TestBrowser());
    await event.act("forgot", { email: ADA });
    expect(await world.hosts()).toEqual([world.desk.app.url]);
  });
});
