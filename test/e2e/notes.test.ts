import { callCommand, createServer } from "antiphon";
import { createUser, setPassword } from "antiphon/auth";
import { withDatabase } from "antiphon/models";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import config from "../../examples/notes/antiphon.config.ts";
import {
  collectingLogger,
  copyOfExample,
  openPage,
  PRODUCTION,
  SKIP_REASON,
  startBrowser,
} from "../support/chromium.ts";

const PASSWORD = "correct horse";
const LOGIN = "/login?next=%2Fnotes";

describe.skipIf(SKIP_REASON).each(["development", "production"] as const)(
  `Signing in and out of the notes example in %s, in Chromium${SKIP_REASON}`,
  (mode) => {
    const notes = copyOfExample("notes");
    let server: Awaited<ReturnType<typeof createServer>>;
    let browser: Browser;
    let context: BrowserContext;
    let page: Page;
    let complaints: string[];
    let id: number;
    let count = 0;

    beforeAll(async () => {
      await callCommand("migrate", [], { root: notes.root });
      if (mode === "production") {
        await callCommand("build", [], { root: notes.root });
      }
      server = await createServer({
        root: notes.root,
        mode,
        port: 0,
        host: "127.0.0.1",
        logger: collectingLogger().logger,
        config: {
          ...config,
          ...(mode === "production" ? PRODUCTION : {}),
          database: { url: "sqlite:./db.sqlite3" },
          auth: { ...config.auth, passwordHashing: { memory: 8, passes: 1 } },
        },
      });
      await server.listen();
      browser = await startBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await server?.close();
      notes.remove();
    });

    beforeEach(async () => {
      const { database } = server;
      if (!database) throw new Error("The notes example has no database");
      count++;
      const user = await withDatabase(database as never, () =>
        createUser({ username: `ada${count}`, password: PASSWORD }),
      );
      id = Number(user.id);
      ({ page, context, complaints } = await openPage(browser, server.url));
    });

    afterEach(() => context.close());

    /** The value of the cookie that no script may see. */
    async function sessionKey(): Promise<string> {
      const cookies = await context.cookies();
      const cookie = cookies.find(({ name }) => name === "sessionid");
      if (cookie) expect([cookie.httpOnly, cookie.sameSite, cookie.path]).toEqual([true, "Lax", "/"]);
      return cookie?.value ?? "";
    }

    /** Signs in by the form, over the socket. */
    async function signIn(tab: Page): Promise<void> {
      await tab.goto(`${server.url}${LOGIN}`);
      await tab.getByLabel("Username or email").fill(`ada${count}`);
      await tab.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await tab.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await tab.getByRole("heading", { level: 1, name: "My notes" }).waitFor();
    }

    async function addNote(tab: Page, title: string): Promise<void> {
      await tab.getByLabel("Title").fill(title);
      await tab.getByRole("button", { name: "Save" }).click();
      await tab.getByRole("heading", { level: 2, name: title }).waitFor();
    }

    const who = (tab: Page) => tab.getByTestId("who");
    const stranger = (tab: Page) => tab.getByRole("banner").getByRole("link", { name: "Sign in" });
    const me = (tab: Page) => tab.evaluate(async () => (await fetch("/api/me")).json());
    const post = (tab: Page, path: string, body: object) =>
      tab.evaluate(
        async ([to, text]) => {
          const headers = { "content-type": "application/json" };
          return (await fetch(to, { method: "POST", headers, body: text })).status;
        },
        [path, JSON.stringify(body)] as const,
      );

    test("a page whose network lets no socket through says so and why, and is there when one gets through", async () => {
      // Opened by the click itself: a try that the page makes on its own never gets through before.
      const isOpen = () => page.evaluate(() => "isOpen" in window);
      await page.routeWebSocket(/_event/, async (socket) => {
        if (await isOpen()) socket.connectToServer();
        else await socket.close();
      });
      await page.goto(server.url);
      const banner = page.locator(".antiphon-banner");
      await banner.getByText("Connecting…").waitFor();
      await banner.getByText("A proxy, firewall or browser extension may block WebSockets.").waitFor();
      await expect.poll(() => complaints.filter((line) => line.includes("CLIENT_SOCKET_BLOCKED")).length).toBe(1);
      await page.evaluate(() => {
        document.addEventListener("click", () => Object.assign(window, { isOpen: true }), {
          capture: true,
          once: true,
        });
      });
      await banner.getByRole("button", { name: "Try now" }).click();
      await stranger(page).waitFor();
      await banner.waitFor({ state: "detached" });
    });

    test("RT-1: who signs in over the socket is known to the next HTTP view, under a new key, in all tabs", async () => {
      await page.getByRole("button", { name: "Dark" }).click();
      await page.getByTestId("theme").getByText("dark").waitFor();
      const before = await sessionKey();
      expect(before).not.toBe("");
      const other = await context.newPage();
      await other.goto(server.url);
      await stranger(other).waitFor();
      await signIn(page);
      expect(await me(page)).toEqual({ name: `ada${count}`, isAuthenticated: true, theme: "dark" });
      const after = await sessionKey();
      expect(after).not.toBe("");
      expect(after).not.toBe(before);
      // Its next event is enough; neither is it loaded again.
      await other.getByRole("button", { name: "Light" }).click();
      await who(other).getByText(`ada${count}`, { exact: true }).waitFor();
      expect(await me(other)).toEqual({ name: `ada${count}`, isAuthenticated: true, theme: "light" });
      await page.reload();
      await who(page).waitFor();
      expect(complaints).toEqual([]);
    });

    test("RT-2: who signs out in one tab is a stranger in the other within a second, and his rows are gone there", async () => {
      await signIn(page);
      await addNote(page, "Mine alone");
      const other = await context.newPage();
      await other.goto(`${server.url}/notes`);
      await other.getByRole("heading", { level: 2, name: "Mine alone" }).waitFor();
      const gone = other.getByText("Mine alone").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Sign out" }).click();
      await stranger(page).waitFor();
      const begin = performance.now();
      await gone;
      await stranger(other).waitFor();
      expect(performance.now() - begin).toBeLessThan(1_000);
      await other.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
      expect(new URL(other.url()).pathname + new URL(other.url()).search).toBe(LOGIN);
      expect(await sessionKey()).toBe("");
      for (const tab of [page, other]) expect(await me(tab)).toMatchObject({ isAuthenticated: false });
      await other.goBack();
      expect(await other.getByText("Mine alone").count()).toBe(0);
    });

    test("text that one user typed in a tab without a connection is gone when the next user's states arrive there", async () => {
      await signIn(page);
      const other = await context.newPage();
      let isCut = false;
      const sockets: { close(): Promise<void> }[] = [];
      await other.routeWebSocket(/_event/, (socket) => {
        sockets.push(socket);
        if (isCut) void socket.close();
        else socket.connectToServer();
      });
      await other.goto(`${server.url}/notes`);
      await other.getByLabel("Title").fill("A secret");
      isCut = true;
      await Promise.all(sockets.map((socket) => socket.close()));
      await other.getByLabel("Text").fill("Typed without a connection");
      await page.getByRole("button", { name: "Sign out" }).click();
      await stranger(page).waitFor();
      await withDatabase(server.database as never, () => createUser({ username: `bob${count}`, password: PASSWORD }));
      expect(await post(page, "/api/login", { username: `bob${count}`, password: PASSWORD })).toBe(200);
      isCut = false;
      await other.evaluate(() => dispatchEvent(new Event("online")));
      await who(other).getByText(`bob${count}`, { exact: true }).waitFor();
      expect(await other.getByLabel("Title").inputValue()).toBe("");
      expect(await other.getByLabel("Text").inputValue()).toBe("");
    });

    test("W43: who signs in and out by an HTTP view is so in the open tabs, without loading them again", async () => {
      await page.evaluate(() => Object.assign(window, { stays: true }));
      const other = await context.newPage();
      await other.goto(server.url);
      await stranger(other).waitFor();
      expect(await post(page, "/api/login", { username: `ada${count}`, password: "wrong" })).toBe(400);
      expect(await post(page, "/api/login", { username: `ada${count}`, password: PASSWORD })).toBe(200);
      for (const tab of [page, other]) await who(tab).getByText(`ada${count}`, { exact: true }).waitFor();
      await page.getByRole("banner").getByRole("link", { name: "My notes" }).click();
      await addNote(page, "By a view");
      expect(await post(other, "/api/logout", {})).toBe(200);
      for (const tab of [page, other]) await stranger(tab).waitFor();
      expect(await page.getByText("By a view").count()).toBe(0);
      expect(await page.evaluate(() => "stays" in window)).toBe(true);
    });

    test("row 217: no script and no socket ever sees a session's key", async () => {
      const seen: string[] = [];
      for (const tab of [page, await context.newPage()]) {
        const cdp = await context.newCDPSession(tab);
        await cdp.send("Network.enable");
        cdp.on("Network.webSocketFrameReceived", ({ response }) => seen.push(response.payloadData));
        cdp.on("Network.webSocketFrameSent", ({ response }) => seen.push(response.payloadData));
        tab.on("request", (request) => seen.push(request.url(), request.postData() ?? ""));
        tab.on("response", async (response) => {
          const kind = response.request().resourceType();
          if (kind === "document" || kind === "fetch") seen.push(await response.text().catch(() => ""));
        });
        await tab.goto(server.url);
        await stranger(tab).waitFor();
      }
      const keys = new Set<string>();
      await page.getByRole("button", { name: "Dark" }).click();
      await page.getByTestId("theme").getByText("dark").waitFor();
      keys.add(await sessionKey());
      await signIn(page);
      keys.add(await sessionKey());
      await addNote(page, "Where is the key?");
      await page.reload();
      await page.getByRole("heading", { level: 2, name: "Where is the key?" }).waitFor();
      const readable = await page.evaluate(() =>
        JSON.stringify([
          document.cookie,
          Object.entries(localStorage),
          Object.entries(sessionStorage),
          document.documentElement.outerHTML,
          history.state,
          location.href,
          performance.getEntriesByType("resource").map(({ name }) => name),
        ]),
      );
      const everything = [readable, await page.content(), ...seen].join("\n");
      expect([keys.size, keys.has("")]).toEqual([2, false]);
      for (const key of keys) expect(everything).not.toContain(key);
      // The search would have found it: what may be read is there.
      const identity = (await context.cookies()).find(({ name }) => name === "antiphon_identity");
      expect(identity?.httpOnly).toBe(false);
      expect(readable).toContain(identity?.value);
      expect(seen.some((text) => text.includes('"effect":"cookies"'))).toBe(true);
    });

    test("RT-3: a password that other code changes signs the open page out, and takes its rows away", async () => {
      await signIn(page);
      await addNote(page, "Until the password changes");
      await withDatabase(server.database as never, () => setPassword({ id }, "another horse"));
      await stranger(page).waitFor();
      expect(await page.getByText("Until the password changes").count()).toBe(0);
      await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    });

    test("W13: a wrong password is answered beside the form, and what the stranger had stays his", async () => {
      await page.getByRole("button", { name: "Dark" }).click();
      await page.getByTestId("theme").getByText("dark").waitFor();
      const before = await sessionKey();
      await page.goto(`${server.url}${LOGIN}`);
      await page.getByLabel("Username or email").fill(`ada${count}`);
      await page.getByLabel("Password", { exact: true }).fill("wrong horse");
      await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("main").getByRole("alert").getByText("Invalid username, email, or password.").waitFor();
      expect(await sessionKey()).toBe(before);
      expect(await me(page)).toMatchObject({ isAuthenticated: false, theme: "dark" });
    });

    test("AUT-17: a stranger who asks for a guarded page is sent to sign in and comes back, and sees nothing before", async () => {
      const response = await page.goto(`${server.url}/notes`);
      expect(response?.request().redirectedFrom()?.url()).toBe(`${server.url}/notes`);
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(LOGIN);
      await signIn(page);
      expect(new URL(page.url()).pathname).toBe("/notes");
    });
  },
);
