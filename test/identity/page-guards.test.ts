import { UserState } from "antiphon/auth";
import { objects } from "antiphon/models";
import { TestBrowser } from "antiphon/testing";
import { describe, expect, test } from "vitest";
import { Secret } from "../fixtures/identity-app/src/models.ts";
import { SecretsState } from "../fixtures/identity-app/src/secrets.state.ts";
import { DefaultTierState } from "../fixtures/identity-app/src/tiers.state.ts";
import { world } from "../support/identity-world.ts";

describe("Rows 92, 214: the guard of a page says the same over HTTP and on the socket, whatever events are", () => {
  test.each([true, "session", "none"] as const)(
    "eventBridge: %j: who is signed in gets in, nobody else",
    async (eventBridge) => {
      await using desk = await world({ config: { eventBridge } });
      const browser = await desk.app.signIn("ada", new TestBrowser());
      await using tab = await desk.app.open("/secrets", { browser });
      expect((await tab.fetch("/secrets", { headers: { accept: "text/html" } })).status).toBe(200);
      expect(tab.url).toBe("/secrets");
      expect(tab.problems).not.toContainEqual(expect.objectContaining({ code: "PAGE_REFUSED" }));
      await tab.navigate("/");
      await expect(tab.navigate("/staff")).rejects.toMatchObject({ code: "PAGE_REFUSED" });
      await tab.navigate("/secrets");
      expect(tab.url).toBe("/secrets");

      await using stranger = await desk.app.open("/secrets");
      expect(stranger.url).toBe("/login?next=%2Fsecrets");
      const answer = await stranger.fetch("/secrets", { headers: { accept: "text/html" } });
      expect([answer.status, answer.headers.get("location")]).toEqual([302, "/login?next=%2Fsecrets"]);
    },
  );

  test('eventBridge: "none": what is for signed-in users alone is a request without saying so, and nothing else is', async () => {
    await using desk = await world({ config: { eventBridge: "none" } });
    await using tab = await desk.app.open("/open-secrets", { as: "ada" });
    await tab.call(SecretsState, "add", "pearls");
    expect(tab.view(SecretsState).rows).toEqual(["pearls"]);
    await tab.call(UserState, "sync");
    expect(tab.view(UserState).username).toBe("ada");
    await tab.call(DefaultTierState, "look");
    expect(tab.view(DefaultTierState).seen).toBe("nobody, no session, no hooks, unbound");
    await using stranger = await desk.app.open("/");
    await stranger.engine.call("secrets.SecretsState", "add", ["glass"]);
    expect(stranger.effects).toContainEqual(expect.objectContaining({ effect: "redirect", to: "/login?next=%2F" }));
    expect(await desk.app.run(() => objects(Secret).pluck("text"))).toEqual(["pearls"]);
  });

  test("eventBridge: false: a page that asks who is there lets nobody in, by HTTP neither, and the log says so", async () => {
    await using desk = await world({ config: { eventBridge: false } });
    const browser = await desk.app.signIn("ada", new TestBrowser());
    await using tab = await desk.app.open("/secrets", { browser });
    expect(tab.url).toBe("/login?next=%2Fsecrets");
    const answer = await tab.fetch("/secrets", { headers: { accept: "text/html" } });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "/login?next=%2Fsecrets"]);
    expect((await tab.fetch("/login", { headers: { accept: "text/html" } })).status).toBe(200);
    const warning = desk.log.find((line) => line.includes("eventBridge"));
    expect(warning).toContain("/secrets");
    expect(warning).not.toContain('"/login"');
    expect((await tab.fetch("/api/me")).status).toBe(200);
  });
});
