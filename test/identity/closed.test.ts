import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DoorState } from "../fixtures/closed-app/src/door.state.ts";
import { PASSWORD, type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world({ root: join(import.meta.dirname, "../fixtures/closed-app") });
});
afterAll(() => desk[Symbol.asyncDispose]());

describe("AUT-17: an app that is for signed-in users alone", () => {
  test("AUT-17: sends strangers from every page to sign in but from those that are open, over HTTP and in the app", async () => {
    const get = async (path: string, as?: string) => {
      const response = await desk.app.fetch(path, { headers: { accept: "text/html" }, ...(as ? { as } : {}) });
      return [response.status, response.headers.get("location")];
    };
    expect(await get("/")).toEqual([302, "/login?next=%2F"]);
    expect(await get("/staff")).toEqual([302, "/login?next=%2Fstaff"]);
    expect(await get("/login")).toEqual([200, null]);
    expect(await get("/about")).toEqual([200, null]);
    expect(await get("/", "ada")).toEqual([200, null]);
    expect(await get("/staff", "ada")).toEqual([403, null]);
    expect(await get("/staff", "grace")).toEqual([200, null]);
    expect(await get("/login", "ada")).toEqual([302, "/"]);
    await using tab = await desk.app.open("/about");
    expect(tab.url).toBe("/about");
    await tab.navigate("/");
    expect(tab.url).toBe("/login?next=%2F");
  });

  test("AUT-17: a hook of the whole plugin guards its views but those that say otherwise", async () => {
    const status = async (path: string, as?: string) => (await desk.app.fetch(path, as ? { as } : {})).status;
    expect(await Promise.all(["/api/me", "/api/status", "/api/notes"].map((path) => status(path)))).toEqual([
      401, 200, 401,
    ]);
    expect(await Promise.all(["/api/me", "/api/status", "/api/notes"].map((path) => status(path, "ada")))).toEqual([
      200, 200, 403,
    ]);
  });

  test("AUT-17: the door itself works: a stranger's page is open, and its event signs him in", async () => {
    await using tab = await desk.app.open("/login");
    await tab.call(DoorState, "enter", "ada", PASSWORD);
    expect(tab.view(DoorState).isIn).toBe(true);
    expect(await (await tab.fetch("/api/me")).json()).toEqual({ name: "ada" });
  });
});
