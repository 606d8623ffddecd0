import { join } from "node:path";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { createLogger } from "antiphon";
import { authOf } from "antiphon/auth";
import type { Database } from "antiphon/models";
import { testApp } from "antiphon/testing";
import { describe, expect, test, vi } from "vitest";
import { AccountsState } from "../fixtures/strict-users-app/src/accounts.state.ts";
import { ways } from "../fixtures/strict-users-app/src/accounts.ts";

const root = join(import.meta.dirname, "../fixtures/strict-users-app");

/** The app, and all that it logs; `pretty` is how a person reads it. */
async function strictApp(pretty = false) {
  const text: string[] = [];
  const destination = new Writable({
    write: (chunk, _, done) => {
      text.push(String(chunk));
      done();
    },
  });
  const app = await testApp({ root, logger: createLogger({ pretty, level: "trace", destination }) });
  return { app, logged: () => text.join("") };
}

describe.each(Object.keys(ways))("A user who can't be written, by %s", (way) => {
  test.each([false, true])(
    "stands with no password's hash in an answer or a log line (readable: %s)",
    async (pretty) => {
      const { app, logged } = await strictApp(pretty);
      await using _ = app;
      const answer = await app.fetch("/api/write", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ way }),
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(await answer.text()).not.toContain("$argon2id$");
      await using tab = await app.open("/");
      await expect(tab.call(AccountsState, "write", way)).rejects.not.toThrow("$argon2id$");
      expect(JSON.stringify(tab.frames)).not.toContain("$argon2id$");
      // Only what is the server's fault is logged.
      expect(logged().includes("request failed")).toBe(answer.status >= 500);
      expect(logged()).not.toContain("$argon2id$");
    },
  );

  test("stands with no password's hash in the error, however it is shown", async () => {
    const { app } = await strictApp();
    await using _ = app;
    const error = await app.run(async () => ways[way]?.()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 10 })).not.toContain("$argon2id$");
    expect(JSON.stringify(error)).not.toContain("$argon2id$");
  });
});

test("A user who lacks what the app's own model asks for is refused by the names of the fields, and nothing is hashed", async () => {
  const { app } = await strictApp();
  await using _ = app;
  const { hashing } = authOf(app.server.database as Database).settings;
  const hash = vi.spyOn(hashing, "hash");
  await expect(app.createUser({ username: "ada", password: "correct horse" })).rejects.toMatchObject({
    code: "DATABASE_NOT_NULL",
    message: "Phone is required.",
    fields: ["phone"],
    status: 400,
  });
  expect(hash).not.toHaveBeenCalled();
  await app.createUser({ username: "ada", password: "correct horse", phone: "1" });
  expect(hash).toHaveBeenCalledTimes(1);
});
