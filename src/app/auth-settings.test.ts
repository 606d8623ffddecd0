import { expect, test } from "vitest";
import { resolveAuthSettings } from "../auth/auth-settings.ts";
import { passwordProblems } from "../auth/passwords/password-rules.ts";
import type { Counters } from "../auth/throttle/throttle-counters.ts";
import type { AppRequest } from "../bridge/request-types.ts";
import type { AntiphonConfig } from "../config/define-config.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { authSettings, throttleRules } from "./auth-settings.ts";

const counters = {} as Counters;
const resolved = (auth: AntiphonConfig["auth"] & object = {}) =>
  resolveConfig({ appName: "app", auth }, { root: "/", mode: "test" });
const usual = () => ({ name: "models" });

test("settings that name nothing are those that sign-in has by itself", () => {
  const given = resolveAuthSettings(authSettings(resolved(), "secret", counters), usual);
  const own = resolveAuthSettings({ secrets: ["secret"] }, usual);
  const plain = ({ hashing: _, throttle: __, passwordValidators: ___, ...rest }: typeof own) => rest;
  expect(plain(given)).toMatchObject(plain(own));
});

test("the session's cookie has the same defaults in the settings as by itself", () => {
  expect(sessionCookie(resolveConfig({}, { root: "/", mode: "test" }).session)).toEqual(sessionCookie());
  expect(sessionCookie(resolveConfig({}, { root: "/", mode: "production" }).session)).toMatchObject({
    name: "__Host-sessionid",
    secure: true,
  });
});

test("THR-2: tries are counted by name and address and by address, as the settings say for each purpose", () => {
  const rules = throttleRules(resolved({ throttle: { login: { attempts: 3, window: 60 } } }).auth.throttle);
  const of = (purpose: string) =>
    rules
      .filter(({ purposes }) => purposes?.some((each) => each === purpose))
      .map(({ by, limit, seconds }) => [by.join("+"), limit, seconds]);
  expect(of("login")).toEqual([
    ["ip", 50, 60],
    ["identifier+ip", 3, 60],
  ]);
  for (const purpose of ["signup", "reset", "reset-confirm", "change"]) {
    expect(of(purpose)).toEqual([
      ["ip", 50, 900],
      ["identifier+ip", 5, 900],
    ]);
  }
});

test("THR-2: counts of one's own stand in place of them", () => {
  const rules = [{ by: ["userAgent", "ip"], limit: 3, seconds: 60 }] as const;
  expect(throttleRules(resolved({ throttle: { login: { attempts: 3 }, rules } }).auth.throttle)).toEqual(rules);
});

test("what a hash costs, the shortest password and older secrets come from the settings", async () => {
  const config = resolveConfig(
    { secretKeyFallbacks: ["old"], auth: { passwordHashing: { memory: 8, passes: 1 }, passwordMinLength: 12 } },
    { root: "/", mode: "test" },
  );
  const { secrets, hashing, passwordValidators } = resolveAuthSettings(authSettings(config, "new", counters), usual);
  expect(secrets).toEqual(["new", "old"]);
  expect(await hashing.hash("password")).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  const problems = await passwordProblems("Kz9!mQ2#pLw", undefined, { validators: passwordValidators });
  expect(problems.map(({ code }) => code)).toEqual(["password_too_short"]);
});

test("row 70, RST-9: links lead to publicUrl; without one, to an own host that was asked for, and in production nowhere", () => {
  const of = (config: AntiphonConfig, mode: "development" | "production" | "test") =>
    authSettings(resolveConfig(config, { root: "/", mode }), "secret", counters, { mode }).publicUrl;
  expect(of({ publicUrl: "https://app.example.com" }, "development")).toBe("https://app.example.com");
  const below = { publicUrl: "https://app.example.com", basePath: "/app" };
  expect(of(below, "production")).toBe("https://app.example.com/app");
  expect(of({}, "production")).toBeUndefined();
  expect(of({ allowedHosts: ["app.example.com"] }, "production")).toBeUndefined();
  const told = of({ allowedHosts: ["app.example.com"] }, "development");
  if (typeof told !== "function") return expect.unreachable("It is not asked of the request.");
  const from = (host: string, protocol = "http") => told({ host, protocol } as AppRequest);
  expect(from("localhost:3000")).toBe("http://localhost:3000");
  expect(from("app.example.com", "https")).toBe("https://app.example.com");
  for (const host of [
    "",
    "evil.example",
    "localhost@evil.example",
    "app.example.com.evil.example",
    "evil.example/localhost",
  ]) {
    expect(from(host), host).toBeUndefined();
  }
});
