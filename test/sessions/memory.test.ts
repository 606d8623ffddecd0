import { describe } from "vitest";
import { StoreSessions } from "../../dist/sessions/index.js";
import { MemoryStore } from "../../dist/stores/index.js";
import { SUITES } from "./contract/index.ts";
import type { OpenStorage, SessionStorage } from "./session-world.ts";

const PREFIX = "session:";

const open: OpenStorage = Object.assign(
  async (): Promise<SessionStorage> => {
    let now = () => 0;
    const store = new MemoryStore({ now: () => now() });
    return {
      queries: [],
      backend: async (clock) => {
        now = clock;
        return new StoreSessions(store, { now: clock });
      },
      stored: async () => (await store.keys(PREFIX)).map((key) => key.slice(PREFIX.length)),
      plant: async (id, data) => {
        const found = await store.get(PREFIX + id);
        if (found) await store.replace(PREFIX + id, data, found.version, found.expiresAt);
      },
      close: async () => {},
    };
  },
  { label: "memory" },
);

describe("sessions in memory", () => {
  for (const suite of SUITES) suite(open);
});
