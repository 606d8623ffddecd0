import { expect, test, vi } from "vitest";
import { ReloadLoop } from "./reload-loop.ts";

test("changes that come together are followed by one reload", async () => {
  let reloads = 0;
  const loop = new ReloadLoop(async () => Boolean(++reloads));
  loop.request("src/a.state.ts");
  loop.request("src/a.state.ts");
  loop.request("src/a.state.ts");
  await loop.settled();
  expect(reloads).toBe(1);
});

test("reloads never overlap, and a change during one is followed by another", async () => {
  const events: string[] = [];
  const first = Promise.withResolvers<void>();
  const loop = new ReloadLoop(async () => {
    const name = events.length === 0 ? "first" : "second";
    events.push(`${name} begins`);
    if (name === "first") {
      loop.request("src/a.state.ts");
      setImmediate(first.resolve);
      await first.promise;
    }
    events.push(`${name} ends`);
    return true;
  });
  loop.request("src/a.state.ts");
  await loop.settled();
  expect(events).toEqual(["first begins", "first ends", "second begins", "second ends"]);
});

test("a failed reload is remembered until one succeeds", async () => {
  let good = false;
  const loop = new ReloadLoop(async () => good);
  loop.request("src/a.state.ts");
  await loop.settled();
  expect(loop.failed).toBe(true);
  good = true;
  loop.request("src/a.state.ts");
  await loop.settled();
  expect(loop.failed).toBe(false);
});

test("a closed loop reloads no more and leaves nobody waiting", async () => {
  let reloads = 0;
  const loop = new ReloadLoop(async () => Boolean(++reloads));
  loop.request("src/a.state.ts");
  await loop.close();
  loop.request("src/a.state.ts");
  await loop.settled();
  expect(reloads).toBe(0);
});

test("a reload is told which files have changed since the one before", async () => {
  const reloads: (readonly string[])[] = [];
  const loop = new ReloadLoop(async (files) => reloads.push(files) > 0);
  loop.request("src/a.state.ts");
  loop.request("src/b.ts");
  loop.request("src/a.state.ts");
  await loop.settled();
  loop.request("src/b.ts");
  await loop.settled();
  expect(reloads).toEqual([["src/a.state.ts", "src/b.ts"], ["src/b.ts"]]);
});

test("a change that the waiting reload takes with its own is not followed by a reload of nothing", async () => {
  const reloads: (readonly string[])[] = [];
  const first = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const loop = new ReloadLoop(async (files) => {
    reloads.push(files);
    begun.resolve();
    if (reloads.length === 1) await first.promise;
    return true;
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    for (const file of ["src/a.ts", "src/b.ts", "src/c.ts"]) {
      loop.request(file);
      vi.runAllTimers();
      await begun.promise;
    }
  } finally {
    vi.useRealTimers();
  }
  first.resolve();
  await loop.settled();
  expect(reloads).toEqual([["src/a.ts"], ["src/b.ts", "src/c.ts"]]);
});
