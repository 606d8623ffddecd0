import { defineErrors } from "../errors.ts";

/** Codes of the test kit. */
export const testingErrors = defineErrors({
  TESTING_STATE_UNKNOWN: {
    message: (name: string, known: readonly string[]) =>
      `The app under test has no state class called ${name}. Expected one of: ${known.join(", ") || "(it has none)"}.`,
  },
  TESTING_STATE_AMBIGUOUS: {
    message: (name: string, ids: readonly string[]) =>
      `The app under test has several state classes called ${name}: ${ids.join(", ")}. Expected one: rename the others.`,
  },
  TESTING_STATE_NOT_WATCHED: {
    message: (name: string) =>
      `The tab does not read ${name} yet. Expected a state that the page loads or the test has called. Write: await tab.watch(${name});`,
  },
  TESTING_USER_UNKNOWN: {
    message: (username: string) =>
      `The app under test has no user called "${username}". Write first: await app.createUser({ username: "${username}", password: "…" });`,
  },
  TESTING_TAB_REFUSED: {
    message: (path: string, code: string) => `The server refused the tab for ${path}: ${code}.`,
  },
  TESTING_UNTIL_FAILED: {
    message: (state: string, problem: string, values: string) =>
      `The tab reported a problem while the test waited for ${state}: ${problem} The state is: ${values}`,
  },
  TESTING_UNTIL_TIMEOUT: {
    message: (state: string, timeout: number, values: string) =>
      `${state} did not become as expected within ${timeout} ms. The state is: ${values} If it needs longer, write: await tab.until(${state}, …, { timeout: ${timeout * 2} });`,
  },
});
