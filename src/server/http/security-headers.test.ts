import { describe, expect, it } from "vitest";
import { contentSecurityPolicy, withAssets } from "./security-headers.ts";

describe("The content security policy", () => {
  it("allows nothing from other sites and no inline script", () => {
    expect(contentSecurityPolicy(undefined)).toBe(
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; " +
        "form-action 'self'; frame-ancestors 'none'",
    );
  });

  it("has single directives replaced, added or left out", () => {
    const policy = contentSecurityPolicy({ "img-src": ["*"], "frame-src": ["https://maps.example"], "font-src": [] });
    expect(policy).toContain("img-src *;");
    expect(policy).toContain("frame-src https://maps.example");
    expect(policy).not.toContain("font-src");
    expect(policy).toContain("script-src 'self'");
  });

  it("adds the nonce to the scripts' sources, also to replaced ones, but never beside 'none' or 'unsafe-inline'", () => {
    expect(contentSecurityPolicy(undefined, "N")).toContain("script-src 'self' 'nonce-N';");
    expect(contentSecurityPolicy({ "script-src": ["'none'"] }, "N")).toContain("script-src 'nonce-N';");
    expect(contentSecurityPolicy({ "script-src": ["'unsafe-inline'"] }, "N")).toContain("script-src 'unsafe-inline';");
  });

  it("allows the address of the built files, also in directives that the app has replaced, but not beside 'none'", () => {
    const cdn = "https://cdn.example.org/notes/";
    const policy = (overrides: Parameters<typeof withAssets>[0]) =>
      contentSecurityPolicy(withAssets(overrides, cdn) || undefined);
    expect(policy(undefined)).toBe(
      `default-src 'self' ${cdn}; script-src 'self' ${cdn}; style-src 'self' 'unsafe-inline' ${cdn}; ` +
        `img-src 'self' data: blob: ${cdn}; font-src 'self' data: ${cdn}; connect-src 'self' ${cdn}; ` +
        "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    const replaced = policy({ "img-src": ["https://images.example"], "font-src": [], "connect-src": ["'none'"] });
    expect(replaced).toContain(`img-src https://images.example ${cdn};`);
    expect(replaced).toContain("connect-src 'none';");
    expect(replaced).not.toContain("font-src");
    expect(withAssets(false, cdn)).toBe(false);
    expect(withAssets(undefined, "/static/")).toBeUndefined();
    expect(withAssets(undefined, undefined)).toBeUndefined();
  });
});
