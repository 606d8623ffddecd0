import { join } from "node:path";
import { i18nContext, userContext } from "antiphon";
import { ContextState, I18nState } from "antiphon/i18n";
import { useContextValues } from "antiphon/react";
import { TestBrowser, testApp } from "antiphon/testing";
import { describe, expect, expectTypeOf, it, vi } from "vitest";
import { ProbeState } from "../fixtures/languages-app/src/probe.state.ts";
import type { PageContext } from "../fixtures/languages-app/src/processors.ts";
import { collectingLogger } from "../support/chromium.ts";

const root = join(import.meta.dirname, "../fixtures/languages-app");

async function probe(contextProcessors: readonly ((request: never) => object)[], path = "/") {
  const { lines, logger } = collectingLogger();
  const app = await testApp({ root, logger, config: { contextProcessors } });
  const browser = new TestBrowser();
  browser.takeLines(["antiphon_language=ar; Path=/"]);
  const tab = await app.open(path, { browser });
  const seen = async () => {
    await tab.call(ProbeState, "look");
    return JSON.parse(tab.view(ProbeState).seen) as Record<string, unknown>;
  };
  return { lines, tab, seen, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

describe("Context processors", () => {
  it("rows 39, 41: run in order, sync and async; of one name the last value counts", async () => {
    const first = (request: { path: string }) => ({ path: request.path, one: 1, both: "first" });
    const second = async () => ({ two: 2, both: "second" });
    await using app = await probe([first, second], "/other?x=1");
    expect(await app.seen()).toEqual({ path: "/other", one: 1, two: 2, both: "second" });
  });

  it("row 41: one that fails, or returns no object, is left out with one warning that names it", async () => {
    const broken = () => {
      throw new Error("no tenant");
    };
    const empty = () => undefined as unknown as object;
    await using app = await probe([broken, empty, () => ({ kept: true })]);
    expect([await app.seen(), await app.seen()]).toEqual([{ kept: true }, { kept: true }]);
    expect(app.lines.filter((line) => line.includes("context processor"))).toEqual([
      "The context processor broken failed and is left out.",
      "The context processor empty failed and is left out.",
    ]);
    // So no page reads a value without a check.
    expectTypeOf(useContextValues<PageContext>)
      .returns.toHaveProperty("theme")
      .toEqualTypeOf<string | undefined>();
  });

  it("row 41: without a request there are no values", async () => {
    await using app = await probe([() => ({ kept: true })]);
    await app.tab.call(ProbeState, "looseLook");
    expect(app.tab.view(ProbeState).seen).toBe("[{},{}]");
  });

  it("rows 42, 43: the user's snapshot and the languages come ready-made", async () => {
    await using app = await probe([userContext, i18nContext]);
    expect(await app.seen()).toEqual({
      user: expect.objectContaining({ id: null, username: "", isAuthenticated: false, groupNames: [] }),
      languageCode: "ar",
      languageBidi: true,
      languages: [
        ["en", "English"],
        ["ar", "العربية"],
        ["de", "Deutsch"],
      ],
    });
  });

  it("row 44: ContextState holds them, and the same as sorted JSON", async () => {
    await using app = await probe([() => ({ b: new Date(0), a: { d: 1, c: [2] } })]);
    await app.tab.watch(ContextState);
    const { context, contextJson } = app.tab.view(ContextState);
    expect(context).toEqual({ a: { c: [2], d: 1 }, b: new Date(0) });
    expect(contextJson).toBe(
      '{\n  "a": {\n    "c": [\n      2\n    ],\n    "d": 1\n  },\n  "b": "1970-01-01T00:00:00.000Z"\n}',
    );
  });

  it("row 44: a value that cannot travel is left out with one warning that names it; the server has it", async () => {
    await using app = await probe([() => ({ send: () => 1, kept: true })]);
    expect(await app.seen()).toEqual({ send: "a function", kept: true });
    await app.tab.call(ContextState, "load");
    await app.tab.call(ContextState, "load");
    expect(app.tab.view(ContextState).context).toEqual({ kept: true });
    expect(app.lines.filter((line) => line.includes('"send" cannot travel'))).toHaveLength(1);
  });

  it("row 44: a value that the var refuses takes no other one away", async () => {
    let depth = 1;
    const nested = (levels: number): object => ({ inner: levels === 1 ? 1 : nested(levels - 1) });
    await using app = await probe([() => ({ kept: depth, members: new Set([{}]), nested: nested(depth) })]);
    await app.tab.watch(ContextState);
    for (depth = 57; depth < 66; depth++) {
      await app.tab.call(ContextState, "load");
      expect(app.tab.view(ContextState).context).toEqual({
        kept: depth,
        ...(depth < 60 ? { nested: nested(depth) } : {}),
      });
    }
    expect(app.lines.filter((line) => line.includes("cannot travel"))).toHaveLength(2);
  });

  it("row 41: a tab goes on when a processor does not return", async () => {
    let isHanging = false;
    const called = vi.fn();
    const hanging = () => {
      if (!isHanging) return { theme: "dark" };
      called();
      return new Promise<object>(() => {});
    };
    await using app = await probe([hanging, i18nContext]);
    await app.tab.watch(ContextState);
    isHanging = true;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const calls = [app.tab.navigate("/other"), app.tab.call(I18nState, "setLanguage", "de")];
      for (const at of calls.keys()) {
        await vi.waitFor(() => expect(called).toHaveBeenCalledTimes(at + 1), { interval: 5 });
        await vi.advanceTimersByTimeAsync(10_000);
      }
      await Promise.all(calls);
    } finally {
      vi.useRealTimers();
    }
    expect(app.tab.view(ContextState).context).toMatchObject({ languageCode: "de" });
    expect(app.tab.view(ContextState).context).not.toHaveProperty("theme");
    expect(app.lines).toContain("The context processor hanging failed and is left out.");
  });

  it("row 45: the processors can be listed, in order and each once", async () => {
    const late = () => ({});
    await using app = await probe([userContext, i18nContext, userContext, late]);
    await app.seen();
    expect(app.tab.view(ProbeState).names).toEqual(["userContext", "i18nContext", "late"]);
  });

  it("row 46: a handler reads them from its request, and they are collected once for it", async () => {
    let calls = 0;
    const counting = () => {
      calls++;
      return { calls };
    };
    await using app = await probe([counting]);
    expect(calls).toBe(0);
    expect(await app.seen()).toEqual({ calls: 1 });
    expect(app.tab.view(ProbeState).same).toBe(true);
    expect(await app.seen()).toEqual({ calls: 2 });
  });
});
