import { describe, expect, it } from "vitest";
import { CliApp } from "../support/cli-app.ts";

const SETTINGS = `export default {
  secretKey: "for tests alone: k3Jx0VtZ9nLr5KcW7yPdE1aGhM8uSbFoTi2w",
  allowedHosts: ["books.example.com"],
  publicUrl: "https://books.example.com",
  mail: { host: "mail.example.com" },
};
`;

describe("check --deploy", () => {
  it("row 225, CMD-7: lists each finding with what was expected and what to do, and fails on errors", async () => {
    using app = new CliApp();
    const { code, out } = await app.run("check", "--deploy");
    expect(code).toBe(1);
    const settings = [...out.matchAll(/^(error|warning) +(\S+)$/gm)].map(([, level, name]) => `${level} ${name}`);
    expect(settings).toEqual([
      "error secretKey",
      "error allowedHosts",
      "warning publicUrl",
      "warning mail.backend",
      "error migrations",
    ]);
    expect(out).toMatch(/^error {4}secretKey\n {9}Expected at least 50 .*\n {9}Got none\.\n {9}Put the line/);
    expect(out).toMatch(/ {9}Run {2}antiphon makemigrations\.\n3 problems\.\n$/);
    expect((await app.run("check")).code).toBe(0);
  }, 60_000);

  it("CMD-7: has nothing to say of an app that is ready, and names migrations that are not applied", async () => {
    using app = new CliApp();
    app.write("antiphon.config.ts", SETTINGS);
    await app.run("makemigrations");
    const early = await app.run("check", "--deploy");
    expect([early.code, early.out]).toEqual([1, expect.stringMatching(/migrations\n.*\n +Got no database file yet\./)]);
    await app.run("migrate");
    expect(await app.run("check", "--deploy")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No problems: /),
      err: "",
    });
    await app.run("makemigrations", "--empty", "--name", "later");
    expect((await app.run("check", "--deploy")).out).toMatch(/Got 0002_later not applied\.\n +Run {2}antiphon migrate/);
  }, 60_000);

  it("CMD-7: tells of a database that does not answer", async () => {
    using app = new CliApp();
    await app.run("makemigrations");
    app.write("antiphon.config.ts", SETTINGS.replace("{", '{ database: { url: "postgres://a:pw@127.0.0.1:1/none" },'));
    const { code, out } = await app.run("check", "--deploy");
    expect([code, out]).toEqual([1, expect.stringMatching(/^error {4}database\.url\n/)]);
    expect(out).not.toContain("pw");
  }, 60_000);
});
