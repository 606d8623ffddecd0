import { createEngine, type ServerFrame, type TestApp, type TestableEngine, TestBrowser } from "antiphon/testing";

const USER_AGENT = "the browser of a test";

/** What a claim may say in place of what is right. */
export interface Claim {
  readonly browser?: TestBrowser;
  readonly ticket?: unknown;
  readonly tab?: unknown;
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** What a page does when a ticket has come; `claim` takes the cookies as a browser does. */
export type OnTicket = (claim: () => Promise<Response>) => Promise<number>;

/** A page that does not come for its cookies by itself: the test claims the tickets. */
export class OpenPage implements AsyncDisposable {
  readonly tickets: string[] = [];
  readonly frames: ServerFrame[] = [];
  readonly engine: TestableEngine;
  readonly browser: TestBrowser;
  readonly #url: string;
  tab: string | undefined;

  private constructor(app: TestApp, browser: TestBrowser, path: string, onTicket: OnTicket | undefined) {
    this.browser = browser;
    this.#url = app.url;
    this.engine = createEngine({
      environment: {
        origin: app.url,
        build: "test",
        path,
        tab: {
          get: () => this.tab,
          set: (id) => {
            this.tab = id;
          },
        },
        headers: () => {
          const cookie = browser.header();
          return { origin: app.url, "user-agent": USER_AGENT, ...(cookie === undefined ? {} : { cookie }) };
        },
        onWake: () => () => {},
        identity: () => browser.value("antiphon_identity"),
        onIdentity: (listener) => browser.onChange(listener),
        claimCookies: async (ticket) => {
          this.tickets.push(ticket);
          // As if the browser dropped them: it has not fetched any.
          if (!onTicket) return 205;
          return await onTicket(async () => {
            const response = await this.claim({ ticket });
            browser.take(response);
            return response;
          });
        },
      },
      onFrame: (frame) => this.frames.push(frame),
    });
  }

  static async open(app: TestApp, browser = new TestBrowser(), path = "/", onTicket?: OnTicket): Promise<OpenPage> {
    const page = new OpenPage(app, browser, path, onTicket);
    if (page.engine.connection().status !== "online") {
      await new Promise<void>((resolve) => {
        const stop = page.engine.onConnection(() => {
          if (page.engine.connection().status !== "online") return;
          stop();
          resolve();
        });
      });
    }
    return page;
  }

  call(state: string, event: string, ...args: unknown[]): Promise<void> {
    return this.engine.call(state, event, args);
  }

  /** Comes for the cookies of the last ticket, or says what a thief would. */
  async claim(claim: Claim = {}): Promise<Response> {
    const { browser = this.browser, method = "POST", headers = {} } = claim;
    const ticket = "ticket" in claim ? claim.ticket : this.tickets.at(-1);
    const tab = "tab" in claim ? claim.tab : this.tab;
    const cookie = browser.header();
    const bodiless = method === "GET" || method === "HEAD";
    return await fetch(new URL("/_cookies", this.#url), {
      method,
      headers: {
        origin: this.#url,
        "sec-fetch-site": "same-origin",
        "user-agent": USER_AGENT,
        "content-type": "application/json",
        ...(cookie === undefined ? {} : { cookie }),
        ...headers,
      },
      ...(bodiless ? {} : { body: JSON.stringify({ ticket, tab }) }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.close();
  }
}
