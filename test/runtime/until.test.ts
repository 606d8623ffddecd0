import { event, State } from "antiphon/state";
import { testApp } from "antiphon/testing";
import { afterAll, expect, test } from "vitest";
import { appFolder } from "../support/app-folder.ts";

const STATE = `import { event, State } from "antiphon/state";

export class ImportState extends State {
  static override events = { start: event({ background: true }), add: event() };
  done = 0;
  rows = ["first"];
  async start() {
    await this.update(() => { this.done = 1; });
    throw new Error("The file is damaged");
  }
  add() {
    this.done = 2;
  }
}
`;

const folder = appFolder("empty", {
  "src/import.state.ts": STATE,
  "src/app.tsx": `import { createApp, useServerState } from "antiphon/react";
import { ImportState } from "./import.state.ts";
const Page = () => <p>{useServerState(ImportState).done}</p>;
export default createApp().addPage(Page, { route: "/" });
`,
});
afterAll(() => folder[Symbol.dispose]());

/** Stands for the state of the app, which the kit finds by its name. */
class ImportState extends State {
  static override events = { start: event({ background: true }), add: event() };
  done = 0;
  rows: string[] = [];
  start(): void {}
  add(): void {}
}

test("until() rejects when a background event fails, before or while it waits, and shows the state", async () => {
  await using app = await testApp({ root: folder.root });
  await using tab = await app.open("/");
  const wait = () => tab.until(ImportState, ({ done }) => done === 3, { timeout: 60_000 });
  await tab.watch(ImportState);
  await tab.call(ImportState, "start");
  await expect(wait()).rejects.toMatchObject({
    code: "TESTING_UNTIL_FAILED",
    message: expect.stringMatching(
      /while the test waited for ImportState: .*The state is: .*done: 1, rows: \[ 'first' \]/s,
    ),
  });
  const failing = wait();
  await tab.call(ImportState, "start");
  await expect(failing).rejects.toMatchObject({ code: "TESTING_UNTIL_FAILED" });
  // What happened before the last call is over.
  await tab.call(ImportState, "add");
  await tab.until(ImportState, ({ done }) => done === 2);
});

test("until() rejects after its timeout, and shows the state", async () => {
  await using app = await testApp({ root: folder.root });
  await using tab = await app.open("/");
  const never = tab.until(ImportState, ({ done }) => done === 9, { timeout: 50 });
  await expect(never).rejects.toMatchObject({
    code: "TESTING_UNTIL_TIMEOUT",
    message: expect.stringMatching(/ImportState did not become as expected within 50 ms\. The state is: .*done: 0/),
  });
});
