import { describe, expect, it } from "vitest";
import { type PageGuard, type PageTable, pageTable } from "../../protocol/page.ts";
import { StateRegistry } from "../../state/registry.ts";
import { decideDocument, isDocumentRequest } from "./document.ts";

const redirect = (to: string, external = false) => ({ effect: "redirect", to, replace: false, external }) as const;
const app = (pages: PageTable) => ({ pages, states: new StateRegistry([]) });
const guarded = (guard: PageGuard) => app(pageTable([{ route: "/secret", title: "Secret", guard }]));

describe("A document request", () => {
  it("gets the page's title and meta tags", async () => {
    const meta = [{ name: "description", content: "All notes" }];
    const table = pageTable([
      { route: "/notes/[id]", title: (at) => `Note ${at.params["id"]} ${at.query["tab"]}`, meta },
    ]);
    expect(await decideDocument(app(table), "/notes/3?tab=x")).toEqual({ status: 200, title: "Note 3 x", meta });
  });

  it("gets 404 without a page and 403 from a guard that refuses, without the page's title", async () => {
    expect(await decideDocument(app(pageTable([])), "/nope")).toEqual({ status: 404 });
    expect(
      await decideDocument(
        guarded(() => false),
        "/secret",
      ),
    ).toEqual({ status: 403, error: expect.objectContaining({ code: "PAGE_REFUSED" }) });
    expect(
      await decideDocument(
        guarded(async () => true),
        "/secret",
      ),
    ).toEqual({ status: 200, title: "Secret" });
  });

  it.each([
    ["/login?next=/secret#x", false, "/login?next=/secret#x"],
    ["/", false, "/"],
    ["https://accounts.example/in", true, "https://accounts.example/in"],
    ["/login", true, "/login"],
    ["/..//evil.example", false, "/evil.example"],
  ])("is redirected to %s (external: %s)", async (to, external, location) => {
    expect(
      await decideDocument(
        guarded(() => redirect(to, external)),
        "/secret",
      ),
    ).toEqual({ redirect: location });
  });

  it.each([
    ["https://evil.example", false],
    ["//evil.example", false],
    ["/\\evil.example", false],
    ["/\t/evil.example", false],
    ["https:evil.example", false],
    ["login", false],
    ["", false],
    ["javascript:alert(1)", false],
    ["javascript:alert(1)", true],
    ["data:text/html,x", true],
  ])("is never redirected to %j (external: %s)", async (to, external) => {
    await expect(
      decideDocument(
        guarded(() => redirect(to, external)),
        "/secret",
      ),
    ).rejects.toMatchObject({
      code: "SERVER_REDIRECT_UNSAFE",
    });
  });

  it("fails with the guard's own error as cause when the guard throws", async () => {
    const cause = new Error("no database");
    const table = guarded(() => {
      throw cause;
    });
    await expect(decideDocument(table, "/secret")).rejects.toMatchObject({
      code: "SERVER_GUARD_FAILED",
      status: 500,
      cause,
    });
  });
});

describe("What counts as a document request", () => {
  it.each([
    ["GET", "/notes", "text/html,application/xhtml+xml,*/*;q=0.8", true],
    ["HEAD", "/notes", "text/html", true],
    ["GET", "/notes", "*/*", true],
    ["GET", "/notes", undefined, true],
    ["GET", "/v1.2/notes", "*/*", true],
    ["GET", "/missing.png", "text/html,*/*", true],
    ["GET", "/missing.png", "image/*,*/*;q=0.8", false],
    ["GET", "/assets/app-1a2b.js?x=/", "*/*", false],
    ["GET", "/missing.js", undefined, false],
    ["GET", "/notes", "application/json", false],
    ["GET", "/notes", "image/webp", false],
    ["GET", "/notes", "text/html;q=0, application/json", false],
    ["POST", "/notes", "text/html", false],
    ["OPTIONS", "/notes", "*/*", false],
  ])("%s %s accepting %s: %s", (method, url, accept, expected) => {
    expect(isDocumentRequest({ method, url, headers: { accept } })).toBe(expected);
  });
});
