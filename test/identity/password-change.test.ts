import { passwordChanged } from "antiphon/auth";
import { TestBrowser } from "antiphon/testing";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { copyOf, keyOf, PASSWORD, type World, world } from "../support/identity-world.ts";

const NEW = "battery staple";

let desk: World;
beforeEach(async () => {
  desk = await world();
});
afterEach(() => desk[Symbol.asyncDispose]());

const post = (path: string, browser: TestBrowser, body: object = {}) =>
  desk.app.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: browser.header() ?? "", origin: desk.app.url },
    body: JSON.stringify(body),
  });
const nameIn = async (browser: TestBrowser) => {
  const response = await desk.app.fetch("/api/me", { headers: { cookie: browser.header() ?? "" } });
  browser.take(response);
  return ((await response.json()) as { name: string }).name;
};

describe("AUT-11: other requests of the browser, just while its user changes the password", () => {
  test("AUT-11, RST-12: over the socket they are the user's, and so is the session afterwards, under a new key", async () => {
    const browser = new TestBrowser();
    await using one = await desk.app.open("/", { browser, as: "ada" });
    await using two = await desk.app.open("/", { browser });
    const elsewhere = await desk.app.signIn("ada");
    const thief = copyOf(browser);
    const between: string[] = [];
    const stop = passwordChanged.connect(async () => {
      await two.call(AccountState, "look");
      between.push(two.view(AccountState).name, await nameIn(browser));
    });
    onTestFinished(stop);
    await one.call(AccountState, "changeOwnPassword", PASSWORD, NEW);
    expect(between).toEqual(["ada", "ada"]);
    expect(keyOf(browser)).not.toBe(keyOf(thief));
    for (const tab of [one, two]) {
      await tab.call(AccountState, "look");
      expect(tab.view(AccountState).name).toBe("ada");
    }
    expect([await nameIn(browser), await nameIn(elsewhere), await nameIn(thief)]).toEqual(["ada", "", ""]);
  });

  test("AUT-11, RST-12: over HTTP as well", async () => {
    const browser = await desk.app.signIn("ada");
    const elsewhere = await desk.app.signIn("ada");
    const thief = copyOf(browser);
    const between: string[] = [];
    const stop = passwordChanged.connect(async () => between.push(await nameIn(copyOf(browser))));
    onTestFinished(stop);
    const response = await post("/api/password", browser, { oldPassword: PASSWORD, newPassword: NEW });
    browser.take(response);
    expect([response.status, between]).toEqual([200, ["ada"]]);
    expect([await nameIn(browser), await nameIn(elsewhere), await nameIn(thief)]).toEqual(["ada", "", ""]);
  });
});
