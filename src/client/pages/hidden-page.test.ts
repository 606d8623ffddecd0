// @vitest-environment happy-dom
import { expect, test } from "vitest";
import type { Engine, FreshStates } from "../engine/engine-types.ts";
import { HiddenPage } from "./hidden-page.ts";
import type { PageRouter } from "./page-router.ts";
import type { PageStates } from "./page-states.ts";

test("a page that is hidden twice at once follows its states once, and not at all once it is shown", async () => {
  const fresh = new Set<(fresh: FreshStates) => void>();
  const changes = new Set<(change: { full: object }) => void>();
  const engine = { onFresh: (listener: (fresh: FreshStates) => void) => fresh.add(listener) };
  const router = { state: () => ({ page: { guard: () => true } }), isPending: () => false };
  const states = {
    onAnyChange: (listener: (change: { full: object }) => void) => {
      changes.add(listener);
      return () => changes.delete(listener);
    },
  };
  const page = new HiddenPage(
    engine as unknown as Engine,
    router as unknown as PageRouter,
    states as unknown as PageStates,
  );
  for (const listener of [...fresh, ...fresh]) listener({ sameOwner: false, before: () => undefined });
  await Promise.resolve();
  expect([page.current() === undefined, changes.size]).toEqual([false, 1]);
  for (const listener of changes) listener({ full: {} });
  expect([page.current(), changes.size]).toEqual([undefined, 0]);
});
