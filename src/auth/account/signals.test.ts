import { once } from "node:events";
import { expect, test } from "vitest";
import { maskCredentials, Signal } from "./signals.ts";

test("AUT-7, SEC-27: a receiver that fails is reported, and the others still run, in their order", async () => {
  const signal = new Signal<number>("tested");
  const told: unknown[] = [];
  signal.connect(async (event) => {
    await null;
    told.push(["first", event]);
  });
  signal.connect(() => {
    throw new Error("of the second\r\nforged line");
  });
  signal.connect(() => Promise.reject("of the third"));
  signal.connect((event) => told.push(["last", event]));
  const warned = once(process, "warning");
  await signal.send(1);
  expect(told).toEqual([
    ["first", 1],
    ["last", 1],
  ]);
  const [warning] = (await warned) as [Error & { code: string }];
  expect([warning.code, warning.message]).toEqual([
    "ANTIPHON_SIGNAL_RECEIVER",
    String.raw`A receiver of tested failed: "of the second\r\nforged line"`,
  ]);
});

test("a receiver is connected once, replaced by its id, and taken away", async () => {
  const signal = new Signal<number>("tested");
  const told: string[] = [];
  const one = () => told.push("one");
  signal.connect(one);
  const stop = signal.connect(one);
  const stopOld = signal.connect(() => told.push("old"), { id: "mail" });
  signal.connect(() => told.push("new"), { id: "mail" });
  stopOld();
  await signal.send(1);
  expect(told).toEqual(["one", "new"]);
  stop();
  expect(signal.disconnect("mail")).toBe(true);
  expect(signal.disconnect(one)).toBe(false);
  await signal.send(2);
  expect(told).toHaveLength(2);
});

test("AUT-7: secrets are masked by their names, in whatever case", () => {
  const masked = maskCredentials({ username: "ada", Password: "x", refreshToken: 1, apiId: {}, PUBLICKEY: null });
  expect(masked).toEqual({
    username: "ada",
    Password: masked["Password"],
    refreshToken: masked["Password"],
    apiId: masked["Password"],
    PUBLICKEY: masked["Password"],
  });
  expect(masked["Password"]).toBe("*".repeat(20));
});
