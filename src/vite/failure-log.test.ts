import { expect, test } from "vitest";
import { FailureLog, failureText } from "./failure-log.ts";

function open() {
  const lines: string[] = [];
  const take = (text: string) => void lines.push(text);
  return { lines, failures: new FailureLog("/srv/app", { info: take, warn: take, error: take }) };
}

const typo = () =>
  Object.assign(new Error("\u001b[31m[PARSE_ERROR]\u001b[0m Unexpected token in /srv/app/src/a.state.ts"), {
    id: "/srv/app/src/a.state.ts",
    loc: { line: 3, column: 4 },
  });

test("a failure is written once, without escape codes, however many requests meet it", () => {
  const { lines, failures } = open();
  failures.report(typo(), "The change could not be loaded.");
  const vite = failures.viteLogger();
  vite.error("\u001b[31mPre-transform error\u001b[0m", { error: typo() });
  vite.error("\u001b[31mInternal server error\u001b[0m", { error: typo() });
  expect(lines).toEqual(["The change could not be loaded.\n[PARSE_ERROR] Unexpected token in src/a.state.ts"]);
});

test("a failure that is still there after a change is written again", () => {
  const { lines, failures } = open();
  failures.report(typo(), "It failed.");
  failures.renew();
  failures.report(typo(), "It failed.");
  expect(lines.length).toBe(2);
});

test("what Vite warns of loses its colours and keeps its text", () => {
  const { lines, failures } = open();
  const vite = failures.viteLogger();
  vite.warnOnce("\u001b[33mslow\u001b[0m");
  vite.warnOnce("\u001b[33mslow\u001b[0m");
  vite.error("\u001b[31mport in use\u001b[0m");
  vite.info("ready");
  expect(lines).toEqual(["slow", "port in use"]);
});

test("a failure says where it is: at its place, or in the app's own files of its stack", () => {
  const placed = Object.assign(new Error("Unexpected token"), {
    id: "/srv/app/src/b.tsx",
    loc: { line: 2, column: 0 },
  });
  expect(failureText(placed, "/srv/app")).toBe("Unexpected token\n  at src/b.tsx:2:1");
  const thrown = Object.assign(new Error("nope is not defined"), {
    stack: `Error: nope is not defined
    at eval (/srv/app/src/a.state.ts:52:1)
    at run (/srv/app/node_modules/vite/dist/node.js:1:1)
    at other (/usr/lib/other.js:1:1)`,
  });
  expect(failureText(thrown, "/srv/app")).toBe("nope is not defined\n  at eval (src/a.state.ts:52:1)");
  expect(failureText("just text", "/srv/app")).toBe("just text");
});
