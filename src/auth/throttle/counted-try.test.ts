import { describe, expect, it } from "vitest";
import type { TryCounter } from "../auth-settings.ts";
import { authErrors } from "../errors.ts";
import { countedTry } from "./counted-try.ts";

const tries = ["one", "two", "three"].map((identifier) => ({ ip: "192.0.2.1", identifier }));

describe("a try that was none", () => {
  it.each(["the work fails for load", "a later key is refused"])(
    "is given back under every key and reports why it failed, although giving one back fails as well (%s)",
    async (why) => {
      const refunded: unknown[] = [];
      const isRefused = why === "a later key is refused";
      const failure = isRefused ? new Error("refused") : authErrors.AUTH_UNAVAILABLE();
      const throttle: TryCounter = {
        begin: async (_purpose, { identifier }) => {
          if (isRefused && identifier === "three") throw failure;
        },
        succeed: async () => {},
        refund: async (_purpose, { identifier }) => {
          refunded.push(identifier);
          if (identifier === "one") throw new Error("the database is out of reach");
        },
      };
      const work = async () => {
        throw failure;
      };
      const logged: object[] = [];
      const logger = { error: (details: object) => logged.push(details) };
      await expect(countedTry(throttle, { purpose: "login", tries, logger }, work)).rejects.toBe(failure);
      expect(logged).toEqual([{ err: expect.objectContaining({ message: "the database is out of reach" }) }]);
      expect(refunded).toEqual(isRefused ? ["one", "two"] : ["one", "two", "three"]);
    },
  );
});
