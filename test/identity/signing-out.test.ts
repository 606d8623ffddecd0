import { userLoggedOut } from "antiphon/auth";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PASSWORD, type World, world } from "../support/identity-world.ts";

let desk: World;
beforeAll(async () => {
  desk = await world();
});
afterAll(() => desk[Symbol.asyncDispose]());

describe("AUT-8: signing out in a view", () => {
  test("AUT-8: by GET it is refused with 405 and the method to use, before anybody is told; the user stays signed in", async () => {
    const browser = await desk.app.signIn("ada");
    const cookie = browser.header() ?? "";
    const told: unknown[] = [];
    onTestFinished(userLoggedOut.connect(({ user }) => told.push(user)));
    for (const method of ["GET", "HEAD"]) {
      // As a link of another site is followed: the session's cookie goes along.
      const headers = { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
      const response = await desk.app.fetch("/api/logout", { method, headers });
      expect([response.status, response.headers.get("allow"), response.headers.getSetCookie()]).toEqual([
        405,
        "POST",
        [],
      ]);
      if (method === "GET") expect(await response.json()).toMatchObject({ error: { code: "AUTH_LOGOUT_METHOD" } });
    }
    expect(told).toEqual([]);
    const me = await desk.app.fetch("/api/me", { headers: { cookie } });
    expect(await me.json()).toMatchObject({ name: "ada" });
  });

  test("AUT-8: no cache keeps the answer to signing in or out, whatever the view says", async () => {
    const headers = { origin: desk.app.url, "content-type": "application/json" };
    const body = JSON.stringify({ username: "ada", password: PASSWORD });
    const signedIn = await desk.app.fetch("/api/login", { method: "POST", headers, body });
    expect([signedIn.status, signedIn.headers.get("cache-control")]).toEqual([200, "no-store"]);
    const out = (query: string, cookie: string) =>
      desk.app.fetch(`/api/logout${query}`, {
        method: "POST",
        headers: { origin: desk.app.url, cookie },
      });
    for (const query of ["", "?cached"]) {
      const signedOut = await out(query, (await desk.app.signIn("ada")).header() ?? "");
      expect([signedOut.status, signedOut.headers.get("cache-control")]).toEqual([200, "no-store"]);
    }
  });
});
