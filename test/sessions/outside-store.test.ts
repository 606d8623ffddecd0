import { describe } from "vitest";
import { StoreSessions } from "../../dist/sessions/index.js";
import { MemoryStore, type Store } from "../../dist/stores/index.js";
import { SUITES } from "./contract/index.ts";
import type { OpenStorage, SessionStorage } from "./session-world.ts";

const PREFIX = "session:";

/** A store that is reached over a wire, as Redis is: nothing of it can be read at once. */
function outside(store: MemoryStore): Store {
  return {
    get: (key) => store.get(key),
    create: (...given) => store.create(...given),
    replace: (...given) => store.replace(...given),
    move: (...given) => store.move(...given),
    delete: (...given) => store.delete(...given),
    increment: (...given) => store.increment(...given),
    keys: (prefix) => store.keys(prefix),
    clearExpired: () => store.clearExpired(),
  };
}

const open: OpenStorage = Object.assign(
  async (): Promise<SessionStorage> => {
    let now = () => 0;
    const store = new MemoryStore({ now: () => now() });
    return {
      queries: [],
      backend: async (clock) => {
        now = clock;
        return new StoreSessions(outside(store), { now: clock });
      },
      stored: async () => (await store.keys(PREFIX)).map((key) => key.slice(PREFIX.length)),
      plant: async (id, data) => {
        const found = await store.get(PREFIX + id);
        if (found) await store.replace(PREFIX + id, data, found.version, found.expiresAt);
      },
      close: async () => {},
    };
  },
  { label: "outside" },
);

describe("sessions in a store outside of the process", () => {
  for (const suite of SUITES) suite(open);
});
