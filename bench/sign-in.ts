import { join } from "node:path";
import { createLogger } from "antiphon";
import { AuthState } from "antiphon/auth";
import { testApp } from "antiphon/testing";
import { median } from "./table.ts";

const TRIES = 500;
const USERS = 20;
const MOST = 0.05;
/** Every try is free: the limits would answer in place of the password. */
const FREE = { attempts: 1_000_000, ipAttempts: 1_000_000 };

/** Whether the time of a refused sign-in tells that there is such a user: medians of known and unknown names, in turns. */
export async function signInTimes(): Promise<void> {
  await using app = await testApp({
    logger: createLogger({ level: "silent" }),
    root: join(import.meta.dirname, "../test/fixtures/canned-app"),
    // The cost of production: under test a hash costs little.
    config: { auth: { throttle: { login: FREE }, passwordHashing: { memory: 19_456, passes: 2 } } },
  });
  for (let user = 0; user < USERS; user++) {
    await app.createUser({ username: `known${user}`, email: `known${user}@example.org`, password: "correct horse" });
  }
  await using tab = await app.open("/login");
  await tab.watch(AuthState);
  const times = { known: [] as number[], unknown: [] as number[] };
  // Ten tries of each come first: what is made once is not counted.
  for (let attempt = -10; attempt < TRIES; attempt++) {
    const kinds = attempt % 2 === 0 ? (["known", "unknown"] as const) : (["unknown", "known"] as const);
    for (const kind of kinds) {
      const username = `${kind}${Math.abs(attempt) % USERS}${attempt % 3 === 0 ? "@example.org" : ""}`;
      const start = performance.now();
      await tab.call(AuthState, "submitLoginForm", { username, password: `wrong ${attempt}` });
      if (attempt >= 0) times[kind].push(performance.now() - start);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const difference = Math.abs(known - unknown) / Math.max(known, unknown);
  console.log(`\nRefused sign-ins: medians of ${TRIES} tries each, by the event of the login page`);
  console.log(`  a user's name or address           ${known.toFixed(2)} ms`);
  console.log(`  a name or address of nobody        ${unknown.toFixed(2)} ms`);
  console.log(
    `  difference                         ${(difference * 100).toFixed(2)} %  ${(difference / MOST).toFixed(2)} of the limit`,
  );
}

if (import.meta.main) await signInTimes();
