import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import {
  back,
  copyToClipboard,
  focus,
  redirect,
  reload as reloadPage,
  scrollTo,
  setTitle,
  toast,
} from "../../state/effects.ts";
import { event } from "../../state/event.ts";
import { on } from "../../state/on.ts";
import { State } from "../../state/state.ts";
import { type RawPage, testChannel } from "../channel.fixture.ts";

let gate = Promise.withResolvers<void>();
const ended: string[] = [];
const loads: string[] = [];
const everything = () => [
  toast.info("Saved"),
  copyToClipboard("text"),
  redirect("/list"),
  redirect("https://pay.example/", { external: true }),
  back(),
  reloadPage(),
  focus("name"),
  scrollTo("top"),
  setTitle("Saved"),
];

class WorkState extends State {
  static override events = {
    loaded: event(),
    moved: event(),
    save: event(),
    saveStepwise: event({ concurrency: "parallel" }),
    saveApart: event({ background: true }),
    saveForTab: event({ background: "tab" }),
    write: event({ background: true }),
    loop: event({ background: true }),
  };
  loaded() {
    loads.push(this.router.path);
  }
  moved() {
    return redirect("/list");
  }
  async save() {
    await gate.promise;
    return everything();
  }
  async *saveStepwise() {
    await gate.promise;
    yield everything();
  }
  async saveApart() {
    return this.save();
  }
  async saveForTab() {
    await gate.promise;
    return [redirect("/list")];
  }
  /** Has the turn until its signal aborts. */
  async write() {
    await this.update(async () => {
      await once(this.signal, "abort");
      ended.push("write");
    });
  }
  async loop() {
    await once(this.signal, "abort");
    ended.push("loop");
  }
}

const WORK = "app.WorkState";
const definitions = [
  { route: "/" },
  { route: "/list" },
  { route: "/loads", onLoad: on(WorkState, "loaded") },
  { route: "/row/[id]" },
  { route: "/closed", guard: () => false },
  { route: "/guarded", guard: () => redirect("/list") },
  { route: "/turned-back", guard: () => redirect("/row/1") },
  { route: "/entered", guard: () => true, onLoad: on(WorkState, "moved") },
];
const start = () => testChannel({ WorkState }, { definitions });
const go = (page: RawPage, path: string) => page.ack(page.send({ kind: "navigate", path }));
const effectsOf = (page: RawPage) =>
  page.messages.flatMap(({ frame }) => frame?.effects ?? []).map(({ effect }) => effect);

afterEach(() => {
  gate.resolve();
  gate = Promise.withResolvers();
  ended.length = 0;
  loads.length = 0;
});

describe("A page that was left", () => {
  it.each(["/list", "/loads", "/row/1"])(
    "does not hold up the next one (%s), whatever its background work does",
    async (path) => {
      await using app = await start();
      const page = await app.page({ watch: [WORK], path: "/" });
      expect(await page.call(WORK, "write")).toBeUndefined();
      expect(await go(page, path)).toBeUndefined();
      expect(ended).toEqual(["write"]);
    },
  );

  it("keeps its background work when it was the same one with another query, and loses it with another parameter", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/row/1" });
    expect(await page.call(WORK, "loop")).toBeUndefined();
    for (const path of ["/row/1?sort=name", "/row/1?sort=age&page=2", "/row/1"]) await go(page, path);
    expect(ended).toEqual([]);
    await go(page, "/row/2");
    await expect.poll(() => ended).toEqual(["loop"]);
  });

  it("keeps its background work when the guard of the next page turns back", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/" });
    expect(await page.call(WORK, "loop")).toBeUndefined();
    await go(page, "/guarded");
    expect(ended).toEqual([]);
  });

  it.each(["saveStepwise", "saveApart"])(
    "moves nobody away from the next one, but says what it has to say (%s)",
    async (name) => {
      await using app = await start();
      const page = await app.page({ watch: [WORK], path: "/" });
      const saved = page.call(WORK, name);
      if (name === "saveApart") await saved;
      await go(page, "/row/1");
      gate.resolve();
      await saved;
      await expect.poll(() => effectsOf(page)).toEqual(["toast", "copyToClipboard"]);
    },
  );

  it("does not redirect a user whose next page is loading", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/" });
    const saved = page.call(WORK, "save");
    const gone = go(page, "/row/1");
    // Answered at once: what was sent before has arrived.
    await page.ack(page.send({ kind: "unwatch", states: [] }));
    gate.resolve();
    await Promise.all([saved, gone]);
    expect(effectsOf(page)).toEqual(["toast", "copyToClipboard"]);
  });
});

describe("All effects are performed", () => {
  it.each(["/", "/?sort=name"])("of an event whose page is shown still, at %s", async (path) => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/" });
    const saved = page.call(WORK, "saveStepwise");
    await go(page, path);
    gate.resolve();
    await saved;
    expect(effectsOf(page)).toEqual(everything().map(({ effect }) => effect));
  });

  it.each(["/row/1", undefined])("of an event whose page a guard has sent the visitor back to (%s)", async (path) => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/row/1" });
    const saved = page.call(WORK, "saveStepwise");
    await go(page, "/turned-back");
    if (path) await go(page, path);
    gate.resolve();
    await saved;
    expect(effectsOf(page)).toEqual(["redirect", ...everything().map(({ effect }) => effect)]);
  });

  it("of the onLoad of a page whose guard lets visitors in, and not those of the page that was left for it", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/row/1" });
    const saved = page.call(WORK, "saveStepwise");
    await go(page, "/entered");
    gate.resolve();
    await saved;
    expect(effectsOf(page)).toEqual(["redirect", "toast", "copyToClipboard"]);
  });

  it("of background work of the whole tab, on whatever page", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/" });
    await page.call(WORK, "saveForTab");
    await go(page, "/row/1");
    gate.resolve();
    await expect.poll(() => effectsOf(page)).toEqual(["redirect"]);
  });
});

describe("A navigation whose path the page told when it connected", () => {
  const told = (page: RawPage, path: string) => page.ack(page.send({ kind: "navigate", path, told: true }));

  it("is answered by the page that was opened then: its onLoad ran once", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/loads" });
    expect(await told(page, "/loads")).toBeUndefined();
    expect(loads).toHaveLength(1);
    // Later ones are navigations like all others.
    await told(page, "/loads");
    expect(loads).toHaveLength(2);
  });

  it("is answered with the error of that page", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/closed" });
    expect(await told(page, "/closed")).toMatchObject({ code: "PAGE_REFUSED" });
  });

  it("opens its page when the tab was opened with another, or came back", async () => {
    await using app = await start();
    const page = await app.page({ watch: [WORK], path: "/" });
    await told(page, "/loads");
    expect(loads).toHaveLength(1);
    const { tab } = await page.welcome;
    page.cut();
    const again = await app.page({ ...page.hello, path: "/loads", tab, version: page.version });
    again.id = page.id;
    await told(again, "/loads");
    expect(loads).toHaveLength(2);
  });
});
