import { TestBrowser } from "antiphon/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());
beforeEach(() => void desk.log.splice(0));

/** Sends a request with the cookies of a browser, which keeps those of the answer. */
async function send(browser: TestBrowser, path: string, body?: object): Promise<string> {
  const cookie = browser.header();
  const answer = await desk.app.fetch(path, {
    headers: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(body ? { "content-type": "application/json", origin: new URL(desk.app.url).origin } : {}),
    },
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
  });
  browser.takeLines(answer.headers.getSetCookie());
  return await answer.text();
}

/** Reads a whole stream, then another answer: what the first one wrote into the log is there by then. */
async function stream(browser: TestBrowser, does: string): Promise<unknown[]> {
  expect(await send(browser, `/api/stream?does=${does}`)).toBe("the head, the rest");
  await send(browser, "/api/nothing");
  return desk.log.map((line) => {
    const { code, msg } = JSON.parse(line) as { code?: string; msg: string };
    return `${code} ${msg.slice(0, "GET /api/stream".length)}`;
  });
}

async function note(browser: TestBrowser): Promise<string> {
  return (JSON.parse(await send(browser, "/api/me")) as { note: string }).note;
}

async function withSession(): Promise<TestBrowser> {
  const browser = new TestBrowser();
  await send(browser, "/api/remember", { key: "note", value: "before" });
  await send(browser, "/api/remember", { key: "list", value: ["before"] });
  return browser;
}

describe("A session that is changed after the head of a stream has left", () => {
  const LATE = ["SESSION_CHANGED_LATE GET /api/stream"];

  test.each(["set", "change", "login"])("is named in the log, because that is lost: %s", async (does) => {
    const browser = await withSession();
    expect(await stream(browser, does)).toEqual(LATE);
    expect(await note(browser)).toBe("before");
  });

  test("keeps what it saves itself, if the browser has it already", async () => {
    const browser = await withSession();
    expect(await stream(browser, "save")).toEqual([]);
    expect(await note(browser)).toBe("late");
  });

  test("is named in the log when it begins then, saved or not: no cookie can tell the browser", async () => {
    for (const does of ["set", "save"]) {
      desk.log.splice(0);
      expect(await stream(new TestBrowser(), does)).toEqual(LATE);
    }
  });

  test("is not named for what it only read, nor for an answer that saves nothing", async () => {
    const browser = await withSession();
    expect(await stream(browser, "nothing")).toEqual([]);
    expect(await stream(browser, "fail")).toEqual([]);
    expect(await note(browser)).toBe("before");
  });
});
