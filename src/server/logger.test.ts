import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { ODD_KINDS, oddValue } from "../errors.fixture.ts";
import { createLogger } from "./logger.ts";

function collect() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, stream };
}

describe("The logger", () => {
  it.each(ODD_KINDS.flatMap((kind) => [false, true].map((pretty) => [kind, pretty] as const)))(
    "writes one line of a bounded length for whatever was thrown: %s (readable: %s)",
    (kind, pretty) => {
      const { lines, stream } = collect();
      createLogger({ pretty, destination: stream }).error({ err: oddValue(kind), ref: "r1" }, "it failed");
      expect(lines.length).toBe(1);
      expect(lines[0]).toContain("it failed");
      expect(lines[0]?.length).toBeLessThan(60_000);
    },
  );

  it("never writes a cookie, an authorization header or a password, wherever the headers stand", () => {
    const { lines, stream } = collect();
    const logger = createLogger({ destination: stream });
    const headers = {
      cookie: "sid=SECRET",
      authorization: "Bearer SECRET",
      "set-cookie": ["sid=SECRET"],
      host: "here",
    };
    const req = { method: "GET", url: "/reset?token=SECRET", headers };
    logger.info({ headers, req, res: { headers }, cookie: "SECRET", password: "SECRET" }, "request");
    logger.info({ request: { headers }, user: { password: "SECRET" } }, "request");
    expect(lines.join("")).not.toContain("SECRET");
    expect(lines.join("")).toContain("[secret]");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      headers: { host: "here" },
      req: { method: "GET", path: "/reset" },
    });
  });

  it("writes readable lines when asked to, and no secret in them either", () => {
    const { lines, stream } = collect();
    createLogger({ pretty: true, destination: stream }).warn({ headers: { cookie: "SECRET" } }, "watch out");
    expect(lines.join("")).toMatch(/WARN.*watch out/);
    expect(lines.join("")).not.toContain("SECRET");
  });

  it("repeats to a person neither the source text of a failed build nor its errors as data", () => {
    const { lines, stream } = collect();
    const err = Object.assign(new Error("app.tsx:3 is wrong"), {
      pluginCode: "WHOLE TEXT",
      errors: [{ text: "DATA" }],
    });
    createLogger({ pretty: true, destination: stream }).error({ err }, "not loaded");
    expect(lines.join("")).toContain("app.tsx:3 is wrong");
    expect(lines.join("")).not.toContain("WHOLE TEXT");
    expect(lines.join("").match(/DATA/g)).toHaveLength(1);
  });

  it("is quiet below its level", () => {
    const { lines, stream } = collect();
    createLogger({ level: "error", destination: stream }).info("nothing");
    expect(lines).toEqual([]);
  });

  it.each([true, false])(
    "SEC-27: a visitor's text makes no new line and commands no terminal (readable: %j)",
    (readable) => {
      const { lines, stream } = collect();
      const evil = "ada\r\n[12:00:00] INFO: signed in\u001b[2J\u009b31m\u0007\u2028x";
      const logger = createLogger({ pretty: readable, destination: stream });
      logger.warn({ path: evil }, evil);
      logger.error({ err: new Error(evil), req: { method: "GET", url: `/${evil}` } }, "failed");
      logger.error(new Error(evil));
      const text = lines.join("");
      expect(text).not.toMatch(/[^\P{Cc}\n]|\u2028/u);
      expect(text.split("\n").filter((line) => line.startsWith("[12:00:00]"))).toEqual([]);
      expect(text).toContain(readable ? "\\u009b31m" : "\\u001b[2J");
      if (!readable) expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: evil, msg: evil });
    },
  );
});
