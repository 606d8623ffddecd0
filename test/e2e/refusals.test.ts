import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";
import { collectingLogger, openPage, SKIP_REASON, startBrowser, startServer } from "../support/chromium.ts";

const STATE = `import { event, fieldErrors, notFound, on, State } from "antiphon/state";
import { z } from "zod";

const gate = { open: () => {} };

export class NoteState extends State {
  static events = {
    load: event(), gone: event(), returned: event(), later: event(), follows: event(), slow: event(), openGate: event(),
    vanish: event({ background: true }),
    guarded: event({ guard: () => { throw notFound(); } }),
  };
  id = 0;
  load() {
    const id = Number(this.router.params.id);
    this.id = id;
    if (id > 9) throw notFound("There is no note " + id + ".");
  }
  gone() {
    this.id = -1;
    throw notFound();
  }
  returned() {
    this.id = -1;
    return notFound();
  }
  *later() {
    yield;
    this.id = -1;
    yield notFound();
  }
  async vanish() {
    throw notFound();
  }
  guarded() {}
  follows() {
    return on(NoteState, "vanish");
  }
  async slow() {
    await new Promise((resolve) => { gate.open = resolve; });
    throw notFound();
  }
  openGate() {
    gate.open();
  }
}

export class GateState extends State {
  static events = { open: event({ concurrency: "parallel" }) };
  open() {
    gate.open();
  }
}

export class OrderState extends State {
  static events = { order: event({ args: [z.unknown()] }), book: event() };
  static fields = { title: z.string() };
  title = "";
  booked = 0;
  order(values) {
    this.booked++;
    const { city, items } = values;
    throw fieldErrors({
      city: city === "" ? "Enter a city." : undefined,
      "items[3].qty": "Only 2 left.",
      "tags[]": ["Choose a tag.", "At most 3."],
      "": "Nothing was ordered.",
    });
  }
  book() {
    if (this.title === "taken") throw fieldErrors({ title: "This title is taken." });
    this.booked++;
  }
}
`;

const ROUTES = `import { fieldErrors, notFound } from "antiphon";

export default async function routes(app) {
  app.post("/order", async () => { throw fieldErrors({ city: "No shop there." }); });
  app.get("/notes/1", async () => { throw notFound(); });
  app.get("/notes/2", async () => notFound("There is no note 2."));
}
`;

const APP = `import { createApp, Form, Link, on, responseError, useField, useFormErrors, useServerState } from "antiphon/react";
import { GateState, NoteState, OrderState } from "./page.state.ts";

function Note() {
  const { id, ...events } = useServerState(NoteState);
  const { open } = useServerState(GateState);
  return (
    <main>
      <h1>Note {id}</h1>
      {["gone", "returned", "later", "follows", "vanish", "guarded", "slow"].map((name) => (
        <button type="button" key={name} id={name} onClick={() => void events[name]()}>{name}</button>
      ))}
      <button type="button" id="open" onClick={() => open()}>open</button>
      <Link href="/notes/77" id="absent">Absent</Link>
      <Link href="/notes/2" id="two">Two</Link>
    </main>
  );
}

function Messages() {
  const { fields, form, error } = useFormErrors();
  return <output id="messages">{JSON.stringify({ ...fields, form, code: error?.code })}</output>;
}

const post = async (values) => {
  const answer = await fetch("/api/order", { method: "POST" });
  if (!answer.ok) throw await responseError(answer);
};

function Order() {
  const title = useField(OrderState, "title");
  const { booked } = useServerState(OrderState);
  return (
    <main>
      <h1>Order</h1>
      <p id="booked">{booked}</p>
      <Form state={OrderState} onSubmit="order" id="by-name">
        <input name="items[3].qty" id="qty" />
        <input name="city" id="city" />
        <input name="tags[]" type="checkbox" value="a" />
        <Messages />
        <button>Order</button>
      </Form>
      <Form state={OrderState} onSubmit="book" id="bound"><input {...title.input} id="title" /><Messages /><button>Book</button></Form>
      <Form state={OrderState} onSubmit={post} id="http"><input name="city" id="http-city" /><Messages /><button>Post</button></Form>
      <Form state={OrderState} onSubmit="book" id="unread"><button>Book</button></Form>
    </main>
  );
}

export default createApp()
  .setLayout(({ children }) => <><header>Layout</header>{children}</>)
  .setNotFound(() => <h1>Nothing here</h1>, { title: "Not here" })
  .addPage(Note, { route: "/notes/[id]", title: "Note", onLoad: on(NoteState, "load") })
  .addPage(Order, { route: "/order", title: "Order" });
`;

describe.skipIf(SKIP_REASON)(`What a handler refuses, in Chromium${SKIP_REASON}`, () => {
  const folder = appFolder("empty", {
    "antiphon.config.ts": `export default { backendPrefix: "/api" };\n`,
    "src/page.state.ts": STATE,
    "src/routes.ts": ROUTES,
    "src/app.tsx": APP,
  });
  const log = collectingLogger();
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = await startServer(folder.root, "development", log.logger);
    browser = await startBrowser();
  });
  afterEach(() => context?.close());
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    folder[Symbol.dispose]();
  });

  async function open(path: string, heading: string): Promise<void> {
    ({ page, context, complaints } = await openPage(browser, server.url + path));
    await headed(heading);
  }
  const headed = (text: string) => page.locator("h1", { hasText: text }).waitFor();
  const isMissing = async () => {
    await headed("Nothing here");
    await expect.poll(() => page.title()).toBe("Not here");
    expect(await page.locator("header").textContent()).toBe("Layout");
    expect(await page.locator(".antiphon-toast").count()).toBe(0);
    expect(complaints).toEqual([]);
  };

  describe("notFound()", () => {
    test("an onLoad that throws it shows the not-found page, by the address and by a link, and going on works", async () => {
      await open("/notes/50", "Nothing here");
      await isMissing();
      await page.goto(`${server.url}/notes/1`);
      await headed("Note 1");
      await page.click("#absent");
      await isMissing();
      await page.goBack();
      await headed("Note 1");
      expect(await page.title()).toBe("Note");
    });

    test.each(["gone", "returned", "later", "guarded", "vanish", "follows"])(
      "an event that ends with it (%s) changes nothing and shows the not-found page, until the page is left",
      async (name) => {
        await open("/notes/1", "Note 1");
        await page.click(`#${name}`);
        await isMissing();
        await page.evaluate(() => history.pushState({}, "", "/order"));
        await page.goBack();
        await headed("Note 1");
      },
    );

    test("an event that ends with it after its page was left does not hide the next page", async () => {
      await open("/notes/1", "Note 1");
      await page.click("#slow");
      await page.click("#two");
      await page.click("#open");
      await headed("Note 2");
      await page.click("#open");
      await page.waitForFunction(() => !document.querySelector(".antiphon-loading"));
      await headed("Note 2");
    });

    test("an HTTP view that throws or returns it answers 404 with the sentence", async () => {
      await open("/order", "Order");
      const answers = await page.evaluate(() =>
        Promise.all(
          ["/api/notes/1", "/api/notes/2"].map(async (path) => {
            const answer = await fetch(path);
            return [answer.status, (await answer.json()).error];
          }),
        ),
      );
      expect(answers).toMatchObject([
        [404, { code: "NOT_FOUND", message: "This does not exist." }],
        [404, { code: "NOT_FOUND", message: "There is no note 2." }],
      ]);
    });
  });

  describe("fieldErrors()", () => {
    const messages = async (form: string) => {
      const shown = page.locator(`#${form} #messages`);
      await expect.poll(() => shown.textContent()).toContain("FIELDS_INVALID");
      return JSON.parse((await shown.textContent()) ?? "") as object;
    };

    test("each message is found by its path and by the name of its input, the first wrong input gets the focus, and nothing has changed", async () => {
      await open("/order", "Order");
      await page.click("#by-name button");
      expect(await messages("by-name")).toMatchObject({
        city: "Enter a city.",
        "items.3.qty": "Only 2 left.",
        "items.3": "Only 2 left.",
        tags: "Choose a tag.",
        form: "Nothing was ordered.",
      });
      expect(await page.textContent("#booked")).toBe("0");
      expect(await page.locator(".antiphon-toast").count()).toBe(0);
    });

    test("a bound input has its message, keeps its text and gets the focus; the next submit may succeed", async () => {
      await open("/order", "Order");
      await page.fill("#title", "taken");
      await page.click("#bound button");
      expect(await messages("bound")).toMatchObject({ title: "This title is taken." });
      await page.waitForFunction(() => document.activeElement?.id === "title");
      expect(await page.inputValue("#title")).toBe("taken");
      await page.fill("#title", "free");
      await page.click("#bound button");
      await page.locator("#booked", { hasText: "1" }).waitFor();
      expect(JSON.parse((await page.textContent("#bound #messages")) ?? "")).toEqual({});
    });

    test("a message that no component reads is shown in a notice", async () => {
      await open("/order", "Order");
      await page.fill("#title", "taken");
      await page.click("#unread button");
      await page.locator("p", { hasText: "This title is taken." }).waitFor();
    });

    test("an HTTP view answers 422 with the messages, which a form shows by responseError()", async () => {
      await open("/order", "Order");
      await page.click("#http button");
      expect(await messages("http")).toMatchObject({ city: "No shop there." });
      const answer = await page.evaluate(async () => {
        const response = await fetch("/api/order", { method: "POST" });
        return [response.status, (await response.json()).error];
      });
      expect(answer).toMatchObject([422, { issues: [{ path: "city", message: "No shop there." }] }]);
    });
  });

  test("refusals are not written to the log as failures", () => {
    expect(log.lines.filter((line) => line.includes("failed"))).toEqual([]);
  });
});
