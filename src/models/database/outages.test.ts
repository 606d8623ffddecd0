import { expect, test } from "vitest";
import { modelErrors } from "../errors.ts";
import { Outages } from "./outages.ts";

function start() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const outages = new Outages(
    {
      info: (_, message) => void lines.push(`info: ${message}`),
      warn: (details, message) => void lines.push(`warn: ${(details as { failed: number }).failed} ${message}`),
    },
    () => clock.now,
  );
  return { lines, clock, outages };
}

test("An outage is one line at its beginning, one each half minute, and one at its end.", () => {
  const { lines, clock, outages } = start();
  for (; clock.now <= 45_000; clock.now += 100) outages.failed(modelErrors.DATABASE_CONNECTION_LOST());
  outages.passed("select 1");
  expect(lines).toEqual([
    expect.stringMatching(/^warn: 1 The database fails\. The connection/),
    expect.stringMatching(/^warn: 301 The database still fails after 30 s\. The connection/),
  ]);
  clock.now += 5_000;
  outages.passed("select 1");
  outages.passed("select 1");
  expect(lines.slice(2)).toEqual(["info: The database works again, after 45 s with errors."]);
  expect(outages.isOpen).toBe(false);
});

test("One error counts once, and errors about values are no outage.", () => {
  const { lines, outages } = start();
  const error = modelErrors.DATABASE_BUSY(5_000);
  outages.failed(error);
  outages.failed(error);
  outages.failed(modelErrors.DATABASE_CONFLICT({ key: "Note", word: "Note" }));
  outages.failed(modelErrors.DATABASE_BUSY(5_000));
  expect(lines).toHaveLength(1);
});

test("A full disk is over when something was written, not when something was read.", () => {
  const { lines, clock, outages } = start();
  outages.failed(modelErrors.DATABASE_FULL());
  clock.now = 60_000;
  outages.passed("select 1");
  expect(lines).toHaveLength(1);
  outages.passed("insert into tag (name) values (?)");
  expect(lines).toHaveLength(2);
});
