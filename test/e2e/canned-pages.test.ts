import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { callCommand, createServer } from "antiphon";
import { createUser } from "antiphon/auth";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import config from "../fixtures/canned-app/antiphon.config.ts";
import { seriousFaults } from "../support/accessibility.ts";
import { collectingLogger, copyOfFixture, PRODUCTION, SKIP_REASON, startBrowser } from "../support/chromium.ts";

const OLD = "correct horse";
const NEW = "battery staple 77";
const FREE = { attempts: 1_000, ipAttempts: 1_000 };
const PATHS = ["/login", "/register", "/password-reset", "/password-reset/confirm/a/b"];

describe.skipIf(SKIP_REASON)(`the canned pages, in Chromium${SKIP_REASON}`, () => {
  const copy = copyOfFixture("canned-app");
  let server: Awaited<ReturnType<typeof createServer>>;
  let browser: Browser;
  let build: string;

  beforeAll(async () => {
    await callCommand("build", [], { root: copy.root });
    build = join(copy.root, ".antiphon/builds", readdirSync(join(copy.root, ".antiphon/builds")).at(-1) ?? "");
    server = await start();
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    copy.remove();
  });

  async function start(auth: object = {}) {
    const started = await createServer({
      root: copy.root,
      mode: "production",
      port: 0,
      host: "127.0.0.1",
      logger: collectingLogger().logger,
      prepareDatabase: (database) => database.orm.schema.update({ safe: true }),
      config: {
        ...config,
        ...PRODUCTION,
        publicUrl: "http://127.0.0.1",
        auth: {
          ...config.auth,
          passwordHashing: { memory: 8, passes: 1 },
          throttle: { login: FREE, signup: FREE, reset: FREE, resetConfirm: FREE },
          ...auth,
        },
      },
    });
    await started.listen();
    return Object.assign(started, { [Symbol.asyncDispose]: () => started.close() });
  }

  interface Visit extends AsyncDisposable {
    readonly page: Page;
    readonly context: BrowserContext;
    readonly complaints: string[];
  }

  async function visit(path: string, options: BrowserContextOptions = {}, on = server): Promise<Visit> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(on.url + path);
    await heading(page).waitFor();
    return { page, context, complaints, [Symbol.asyncDispose]: () => context.close() };
  }

  const heading = (page: Page, name?: string) => page.getByRole("heading", { level: 1, ...(name ? { name } : {}) });
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
  const password = (page: Page, name = "Password") => page.getByLabel(name, { exact: true });
  const refusal = (page: Page) => page.getByRole("main").getByRole("alert");

  let made = 0;
  async function somebody(on = server) {
    const username = `reader${++made}`;
    const email = `${username}@example.org`;
    await on.run(() => createUser({ username, email, password: OLD }));
    return { username, email };
  }

  async function signIn(page: Page, username: string, secret = OLD): Promise<void> {
    await field(page, "Username or email").fill(username);
    await password(page).fill(secret);
    await button(page, "Sign in").click();
  }

  async function isInside(page: Page, username: string): Promise<void> {
    await heading(page, "Inside").waitFor();
    expect(await page.getByTestId("who").textContent()).toBe(username);
  }

  async function lastMail(): Promise<string> {
    await server.mail?.queue.idle();
    return server.mail?.memory?.outbox.at(-1)?.text ?? "";
  }

  test("rows 71-73, 75-78: sign up, sign out, forget, set a new password, and sign in: earlier sessions are dead", async () => {
    await using first = await visit("/inside");
    const { page } = first;
    expect(await page.title()).toBe("Sign in");
    await page.getByRole("link", { name: "Create account" }).click();
    await heading(page, "Create an account").waitFor();
    expect(await page.title()).toBe("Create account");
    await field(page, "Username").fill("ada");
    await field(page, "Email (optional)").fill("ada@example.org");
    await password(page).fill(OLD);
    await password(page, "Confirm password").fill(OLD);
    await button(page, "Sign up").click();
    // The way to the page that was asked for has survived the change of pages.
    await isInside(page, "ada");
    await page.getByRole("status").getByText("Account created successfully.").first().waitFor();
    await using second = await visit("/login");
    await second.page.getByRole("link", { name: "Forgot password?" }).click();
    await heading(second.page, "Reset password").waitFor();
    await field(second.page, "Email").fill("ada@example.org");
    await button(second.page, "Send reset link").click();
    await second.page
      .getByRole("status")
      .getByText("If an account exists for that address, you will receive reset instructions.")
      .waitFor();
    const link = new URL(/http\S+/.exec(await lastMail())?.[0] ?? "http://none");
    await second.page.goto(server.url + link.pathname);
    await heading(second.page, "Choose a new password").waitFor();
    await password(second.page, "New password").fill(NEW);
    await password(second.page, "Confirm password").fill(NEW);
    expect(second.page.url()).toMatch(/set-password$/);
    await button(second.page, "Update password").click();
    await heading(second.page, "Sign in").waitFor();
    await page.reload();
    await heading(page, "Sign in").waitFor();
    await signIn(page, "ada", OLD);
    await refusal(page).getByText("Invalid username, email, or password.").waitFor();
    await password(page).fill(NEW);
    await button(page, "Sign in").click();
    await isInside(page, "ada");
    await button(page, "Sign out").click();
    await heading(page, "Sign in").waitFor();
    expect([first.complaints, second.complaints]).toEqual([[], []]);
  });

  test("ACC-8: sign up, enter the code of the mail or open its link, and be signed in", async () => {
    await using proving = await start({ emailVerification: true });
    for (const [name, colorScheme, locale] of [
      ["grace", "light", "en"],
      ["mary", "dark", "ar"],
    ] as const) {
      await using visited = await visit("/register?next=%2Finside", { colorScheme, locale }, proving);
      const { page } = visited;
      for (const [input, value] of [
        ["username", name],
        ["email", `${name}@example.org`],
        ["password", OLD],
        ["confirm_password", OLD],
      ] as const) {
        await page.locator(`input[name="${input}"]`).fill(value);
      }
      await page.keyboard.press("Enter");
      const code = page.locator('input[name="code"]');
      await code.waitFor();
      expect(await code.getAttribute("autocomplete")).toBe("one-time-code");
      expect(await seriousFaults(page)).toEqual([]);
      await proving.mail?.queue.idle();
      const text = proving.mail?.memory?.outbox.at(-1)?.text ?? "";
      if (name === "mary") {
        const { pathname, search } = new URL(/http\S+/.exec(text)?.[0] ?? "http://none");
        await page.goto(proving.url + pathname + search);
        await page.getByRole("button", { name: "تأكيد" }).waitFor();
        expect(await page.locator('input[name="code"]').count()).toBe(0);
        expect(await seriousFaults(page)).toEqual([]);
        await page.getByRole("button", { name: "تأكيد" }).click();
      } else {
        await code.fill("12345");
        await button(page, "Confirm").click();
        expect(await code.evaluate((input: HTMLInputElement) => input.validity.patternMismatch)).toBe(true);
        await code.fill(/^\d{6}$/m.exec(text)?.[0] ?? "");
        await button(page, "Confirm").click();
      }
      await isInside(page, name);
      expect(visited.complaints).toEqual([]);
    }
  });

  test("row 75, AUT-15: a wrong password and an unknown user read the same; the name stays, the password is typed again", async () => {
    const { username } = await somebody();
    await using visited = await visit("/login");
    const { page } = visited;
    const answers: (string | null)[] = [];
    for (const name of [username, "nobody-at-all"]) {
      await signIn(page, name, "wrong");
      await refusal(page).waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "password");
      answers.push(await refusal(page).textContent());
      expect([await field(page, "Username or email").inputValue(), await password(page).inputValue()]).toEqual([
        name,
        "",
      ]);
    }
    expect(answers).toEqual(Array(2).fill("Invalid username, email, or password."));
  });

  test("row 75, THR-1: after too many tries the page says when to try again", async () => {
    await using strict = await start({ throttle: { login: { attempts: 2 } } });
    const { username } = await somebody(strict);
    await using visited = await visit("/login", {}, strict);
    const { page } = visited;
    for (const secret of ["wrong", "wrong again"]) {
      await signIn(page, username, secret);
      await refusal(page).getByText("Invalid").waitFor();
      await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "password");
    }
    await signIn(page, username, OLD);
    await refusal(page)
      .getByText(/Too many tries/)
      .waitFor();
  });

  test("row 76: what the server refuses stands beside its input, which gets the focus", async () => {
    const { username } = await somebody();
    await using visited = await visit("/register");
    const { page } = visited;
    await field(page, "Username").fill(username);
    await password(page).fill(OLD);
    await password(page, "Confirm password").fill(OLD);
    await button(page, "Sign up").click();
    await page.getByText("That username is already taken.").waitFor();
    const input = field(page, "Username");
    expect(await input.getAttribute("aria-invalid")).toBe("true");
    const described = (await input.getAttribute("aria-describedby")) ?? "";
    expect(await page.locator(`[id="${described}"]`).textContent()).toBe("That username is already taken.");
    await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "username");
    expect(await refusal(page).count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await input.fill("somebody-new");
    for (const name of ["Password", "Confirm password"]) await password(page, name).fill("12345678");
    await button(page, "Sign up").click();
    await page.getByText("This password is entirely numeric.").waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "password");
    expect([await password(page).getAttribute("aria-invalid"), await password(page).inputValue()]).toEqual([
      "true",
      "12345678",
    ]);
    // The browser checks first: nothing is sent that it refuses.
    await input.fill("");
    await button(page, "Sign up").click();
    expect(await input.evaluate((element: HTMLInputElement) => element.validity.valueMissing)).toBe(true);
  });

  test("ACC-3: what a browser fills in silently counts, and every input has its name, label and purpose", async () => {
    const { username } = await somebody();
    await using visited = await visit("/login");
    const { page } = visited;
    const inputs = await page
      .locator("form input:not([type=hidden])")
      .evaluateAll((all) =>
        all.map((input) => [
          input.getAttribute("name"),
          input.getAttribute("type"),
          input.getAttribute("autocomplete"),
        ]),
      );
    expect(inputs).toEqual([
      ["username", "text", "username"],
      ["password", "password", "current-password"],
      [null, "checkbox", null],
    ]);
    await page.evaluate(
      ([name, secret]) => {
        const fill = (input: string, value: string) => {
          const element = document.querySelector<HTMLInputElement>(`input[name="${input}"]`);
          // The property of the class: no component and no listener hears of it.
          if (element) Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(element, value);
        };
        fill("username", name ?? "");
        fill("password", secret ?? "");
      },
      [username, OLD],
    );
    await button(page, "Sign in").click();
    await isInside(page, username);
    await using other = await visit("/register");
    const names = await other.page
      .locator("form input")
      .evaluateAll((all) => all.map((input) => [input.getAttribute("name"), input.getAttribute("autocomplete")]));
    expect(names).toEqual([
      ["username", "username"],
      ["email", "email"],
      ["password", "new-password"],
      ["confirm_password", "new-password"],
    ]);
  });

  test("ACC-4: the keyboard alone signs in, and the box decides about the session", async () => {
    const { username } = await somebody();
    await using visited = await visit("/login");
    const { page, context } = visited;
    await field(page, "Username or email").focus();
    await page.keyboard.type(username);
    await page.keyboard.press("Tab");
    await page.keyboard.type(OLD);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    expect(await page.locator('input[name="password"]').getAttribute("type")).toBe("text");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await isInside(page, username);
    const cookie = (await context.cookies()).find(({ httpOnly, name }) => httpOnly && name.includes("session"));
    // It ends with the browser.
    expect(cookie?.expires).toBe(-1);
  });

  test("W48, I18-5: Arabic from end to end, from right to left", async () => {
    const { username } = await somebody();
    await using visited = await visit("/login", { locale: "ar" });
    const { page } = visited;
    await heading(page, "تسجيل الدخول").waitFor();
    expect(await page.title()).toBe("تسجيل الدخول");
    expect(await page.locator("html").getAttribute("dir")).toBe("rtl");
    await page.getByText("بضائع معلّبة").waitFor();
    expect((await page.getByRole("main").innerText()).match(/[A-Za-z]+/g)).toBeNull();
    await page.getByLabel("اسم المستخدم أو البريد الإلكتروني").fill(username);
    await password(page, "كلمة المرور").fill("wrong");
    await button(page, "تسجيل الدخول").click();
    await refusal(page).getByText("اسم المستخدم أو البريد الإلكتروني أو كلمة المرور غير صحيحة.").waitFor();
    await password(page, "كلمة المرور").fill(OLD);
    await button(page, "تسجيل الدخول").click();
    await isInside(page, username);
    for (const path of PATHS.slice(1)) {
      await using other = await visit(path, { locale: "ar" });
      expect((await other.page.getByRole("main").innerText()).match(/[A-Za-z]+/g)).toBeNull();
    }
  });

  test.each([
    ["light", "en"],
    ["dark", "en"],
    ["light", "ar"],
    ["dark", "ar"],
  ] as const)("ACC-5: axe finds nothing serious on any page, %s, %s", async (colorScheme, locale) => {
    for (const path of PATHS) {
      await using visited = await visit(path, { colorScheme, locale });
      const { page } = visited;
      const ground = await page
        .locator(".antiphon-auth-card")
        .evaluate((card) => getComputedStyle(card).backgroundColor);
      expect([path, ground]).toEqual([path, colorScheme === "dark" ? "rgb(36, 36, 36)" : "rgb(255, 255, 255)"]);
      if (path === "/login") {
        await page.locator('input[name="username"]').fill("nobody-at-all");
        await page.locator('input[name="password"]').fill("wrong");
        await page.keyboard.press("Enter");
        await refusal(page).waitFor();
      }
      expect([path, await seriousFaults(page)]).toEqual([path, []]);
      expect(visited.complaints).toEqual([]);
    }
  });

  test.each([
    ["light", "en", "Change password"],
    ["dark", "ar", "تغيير كلمة المرور"],
  ] as const)("ACC-10: a signed-in user changes the password, %s, %s", async (colorScheme, locale, submit) => {
    const { username } = await somebody();
    await using visited = await visit("/login?next=%2Fpassword-change", { colorScheme, locale });
    const { page } = visited;
    await page.locator('input[name="username"]').fill(username);
    await page.locator('input[name="password"]').fill(OLD);
    await page.keyboard.press("Enter");
    const old = page.locator('input[name="old_password"]');
    await old.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const send = async (secret: string) => {
      await old.fill(secret);
      for (const name of ["new_password", "confirm_password"]) await page.locator(`input[name="${name}"]`).fill(NEW);
      await button(page, submit).click();
    };
    await send("wrong");
    await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "old_password");
    expect(await old.getAttribute("aria-invalid")).toBe("true");
    await send(OLD);
    await page.getByRole("main").getByRole("status").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.goto(`${server.url}/inside`);
    await isInside(page, username);
    expect(visited.complaints).toEqual([]);
  });

  test("ACC-6: a phone shows every page without scrolling sideways, and inputs that it does not zoom", async () => {
    for (const path of PATHS) {
      await using visited = await visit(path, { viewport: { width: 320, height: 640 } });
      const { page } = visited;
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
      const sizes = await page
        .locator("form input:not([type=hidden]):not([type=checkbox])")
        .evaluateAll((all) => all.map((input) => Number.parseFloat(getComputedStyle(input).fontSize)));
      expect(sizes.every((size) => size >= 16)).toBe(true);
    }
  });

  test("rows 74, 79, 80: a page with texts, parts and a state of the app's own", async () => {
    const { username } = await somebody();
    await using visited = await visit("/company");
    const { page } = visited;
    await heading(page, "Welcome back").waitFor();
    await page.getByText("Acme", { exact: true }).waitFor();
    await page.getByRole("img", { name: "Logo" }).waitFor();
    await page.getByText("No account? Ask Canned Goods.").waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await field(page, "Company").fill("other");
    await field(page, "Username or email").fill(username);
    await password(page).fill(OLD);
    await button(page, "Enter").click();
    await refusal(page).getByText("Unknown company.").waitFor();
    expect(await field(page, "Company").inputValue()).toBe("other");
    await field(page, "Company").fill("acme");
    await password(page).fill(OLD);
    await button(page, "Enter").click();
    await isInside(page, username);
    expect(visited.complaints).toEqual([]);
  });

  test("ACC-7: the code of the pages is loaded when one is shown, and an app without them does not have it", async () => {
    const files = readdirSync(join(build, "client/_assets"));
    const withMantine = files.filter(
      (file) =>
        /\.(?:js|css)$/.test(file) && readFileSync(join(build, "client/_assets", file), "utf8").includes("mantine"),
    );
    expect(withMantine.length).toBeGreaterThan(1);
    await using visited = await visit("/");
    const { page } = visited;
    const loaded = () =>
      page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name.split("/").at(-1) ?? ""));
    expect((await loaded()).filter((file) => withMantine.includes(file))).toEqual([]);
    await page.getByRole("link", { name: "Go and sign in" }).click();
    await heading(page, "Sign in").waitFor();
    expect((await loaded()).filter((file) => withMantine.includes(file)).length).toBeGreaterThan(1);
    const plain = copyOfFixture("members-app");
    try {
      await callCommand("build", [], { root: plain.root });
      const folder = join(plain.root, ".antiphon/builds");
      const assets = join(folder, readdirSync(folder).at(-1) ?? "", "client/_assets");
      const texts = readdirSync(assets)
        .filter((file) => /\.(?:js|css)$/.test(file))
        .map((file) => readFileSync(join(assets, file), "utf8"));
      expect(texts.length).toBeGreaterThan(0);
      expect(texts.filter((text) => /mantine|submitLoginForm/.test(text))).toEqual([]);
    } finally {
      plain.remove();
    }
  });

  test("rows 56-58, 71: pages that are switched off are not there, nor are links to them", async () => {
    await using closed = await start({ signupEnabled: false, passwordResetEnabled: false });
    await using visited = await visit("/login", {}, closed);
    expect(await visited.page.getByRole("main").getByRole("link").count()).toBe(0);
    for (const path of PATHS.slice(1)) {
      expect([path, (await fetch(closed.url + path, { headers: { accept: "text/html" } })).status]).toEqual([
        path,
        404,
      ]);
    }
    await using off = await start({ enabled: false });
    for (const path of PATHS) {
      expect([path, (await fetch(off.url + path, { headers: { accept: "text/html" } })).status]).toEqual([path, 404]);
    }
  });
});
