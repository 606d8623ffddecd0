import { describe, expect, it } from "vitest";
import type { AntiphonConfig } from "./define-config.ts";
import { checkProduction, productionProblems } from "./production-problems.ts";

const SECRET = "q8Jx0VtZ3nLr5KcW7yPdE1aGhM9uSbFoTi2wXzRkYvNjCe4lA6";

/** Settings without any finding. */
const good: AntiphonConfig = {
  secretKey: SECRET,
  allowedHosts: ["app.example.com"],
  publicUrl: "https://app.example.com",
  mail: { url: "smtps://mail.example.com" },
};

function findings(config: AntiphonConfig) {
  return productionProblems({ ...good, ...config }).map(({ level, setting, got }) => `${level} ${setting}: ${got}`);
}

describe("Settings for production", () => {
  it("CMD-7: have no findings when all is well", () => {
    expect(SECRET).toHaveLength(50);
    expect(findings({})).toEqual([]);
    expect(() => checkProduction(good)).not.toThrow();
  });

  it.each<[AntiphonConfig, string]>([
    [{ secretKey: undefined as never }, "error secretKey: none"],
    [{ secretKey: " " }, "error secretKey: none"],
    [{ secretKey: SECRET.slice(1) }, "error secretKey: 49 characters"],
    [{ secretKey: "a".repeat(80) }, "error secretKey: a key of only 1 different characters"],
    [{ secretKey: `development-${SECRET}` }, "error secretKey: a key that was made for development"],
    [{ secretKeyFallbacks: [SECRET, "old"] }, "error secretKeyFallbacks[1]: 3 characters"],
    [{ allowedHosts: [] }, "error allowedHosts: none"],
    [{ allowedHosts: ["*"] }, 'warning allowedHosts: "*", which is any name'],
    [{ session: { secure: false } }, "error session.secure: false"],
    [{ session: { secure: false, allowInsecure: true } }, "warning session.secure: false"],
    [
      { session: { domain: "example.com" } },
      'warning session.cookieName: one without it, because of session.domain "example.com"',
    ],
    [{ session: { path: "/app" } }, 'warning session.cookieName: one without it, because of session.path "/app"'],
    [{ publicUrl: undefined as never }, "warning publicUrl: none"],
    [{ trustProxy: true }, "warning trustProxy: true, which believes anybody about the visitor's address and host"],
    [{ mail: {} }, 'warning mail.backend: "console"'],
    [{ mail: { backend: "memory" } }, 'warning mail.backend: "memory"'],
    [{ database: { url: "sqlite::memory:" } }, 'warning database.url: "sqlite::memory:"'],
  ])("CMD-7: %j has one finding: %s", (config, finding) => {
    expect(findings(config)).toEqual([finding]);
  });

  it("CMD-7: need no mail and no public URL where nobody is sent one", () => {
    expect(findings({ publicUrl: undefined as never, mail: {}, auth: { passwordResetEnabled: false } })).toEqual([]);
    expect(findings({ publicUrl: undefined as never, mail: {}, auth: { enabled: false } })).toEqual([]);
    expect(findings({ trustProxy: ["10.0.0.0/8"] })).toEqual([]);
  });

  it("row 225: stop a production server by their errors alone, all at once and with what to do", () => {
    expect(() => checkProduction({ ...good, trustProxy: true, mail: {} })).not.toThrow();
    expect(() => checkProduction({ session: { secure: false } })).toThrow(
      expect.objectContaining({
        code: "CONFIG_NOT_FOR_PRODUCTION",
        message: expect.stringMatching(
          /secretKey: Expected .*ANTIPHON_SECRET_KEY=[\s\S]*allowedHosts: Expected[\s\S]*session\.secure: Expected/,
        ),
        details: [
          expect.objectContaining({ setting: "secretKey" }),
          expect.objectContaining({ setting: "allowedHosts" }),
          expect.objectContaining({ setting: "session.secure" }),
        ],
      }),
    );
  });

  it("never show a secret", () => {
    const secrets = { secretKey: "hunter2", secretKeyFallbacks: ["hunter3"] };
    expect(JSON.stringify(productionProblems(secrets))).not.toMatch(/hunter/);
  });
});
