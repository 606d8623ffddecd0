// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FOREIGN_URLS } from "../protocol/foreign-urls.fixture.ts";
import type { Effect } from "../protocol/frames.ts";
import { setDiagnosticSink } from "./diagnostics.ts";
import { EffectQueue } from "./effect-queue.ts";
import type { EffectTargets } from "./effects.ts";
import { createPageHead } from "./pages/page-head.ts";

let lines: string[];
let went: string[];
const targets = {
  push: (href: string) => went.push(`push ${href}`),
  replace: (href: string) => went.push(`replace ${href}`),
  back: () => went.push("back"),
  toast: (toast: { message: string }) => went.push(`toast ${toast.message}`),
  setTitle: createPageHead(undefined).setTitle,
};
const performEffects = (effects: readonly Effect[], on: EffectTargets) => new EffectQueue(on).add(effects);
const redirect = (to: string, external = false): Effect => ({ effect: "redirect", to, replace: false, external });

beforeEach(() => {
  lines = [];
  went = [];
  setDiagnosticSink((line) => lines.push(line));
  document.body.innerHTML = "";
  (window as unknown as { happyDOM: { setURL(url: string): void } }).happyDOM.setURL("http://localhost:3000/notes");
});
afterEach(() => {
  setDiagnosticSink();
  vi.restoreAllMocks();
});

test("a redirect inside the site goes through the router", () => {
  performEffects(
    [redirect("/login?next=/notes"), { effect: "redirect", to: "/", replace: true, external: false }],
    targets,
  );
  expect(went).toEqual(["push http://localhost:3000/login?next=/notes", "replace http://localhost:3000/"]);
});

test.each([
  ["javascript:alert(1)", true],
  ["data:text/html,x", true],
  ["//evil.example/x", false],
  ["https://evil.example", false],
  ["http://[", false],
])("NXT-4: a redirect to %s is refused with a code", (to, external) => {
  performEffects([redirect(to, external)], targets);
  expect(went).toEqual([]);
  expect(lines[0]).toContain("[antiphon] CLIENT_EFFECT_URL_REFUSED");
});

test.each(FOREIGN_URLS)("NXT-4: a redirect to %j never leaves the site, whatever the server says", (to) => {
  const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
  performEffects([redirect(to)], targets);
  expect(assign).not.toHaveBeenCalled();
  if (went.length === 0) expect(lines[0]).toContain("[antiphon] CLIENT_EFFECT_URL_REFUSED");
  else expect(went).toEqual([expect.stringMatching(/^push http:\/\/localhost:3000\//)]);
});

test("a redirect that may leave the site does", () => {
  performEffects([redirect("https://other.example/x", true)], targets);
  expect(went).toEqual(["push https://other.example/x"]);
});

test("an unknown effect is reported and does not stop the next one", () => {
  performEffects([{ effect: "dance" } as never, { effect: "toast", level: "info", message: "hello" }], targets);
  expect(lines[0]).toContain("CLIENT_EFFECT_UNKNOWN (framework)");
  expect(went).toEqual(["toast hello"]);
});

test("a download of another site is refused, one of this site is clicked", () => {
  const clicked: string[] = [];
  vi.spyOn(HTMLElement.prototype, "click").mockImplementation(function (this: HTMLElement) {
    clicked.push(`${(this as HTMLAnchorElement).href} ${(this as HTMLAnchorElement).download}`);
  });
  performEffects(
    [
      { effect: "download", url: "https://evil.example/a.zip" },
      { effect: "download", url: "/a.zip", filename: "b.zip" },
    ],
    targets,
  );
  expect(lines[0]).toContain("CLIENT_EFFECT_URL_REFUSED");
  expect(clicked).toEqual(["http://localhost:3000/a.zip b.zip"]);
});

test("a download with content holds its bytes", async () => {
  const blobs: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    blobs.push(blob as Blob);
    return "blob:x";
  });
  vi.spyOn(HTMLElement.prototype, "click").mockImplementation(() => undefined);
  performEffects([{ effect: "download", filename: "a.csv", mimeType: "text/csv", content: btoa("a,b") }], targets);
  expect(await blobs[0]?.text()).toBe("a,b");
});

test("focus finds an element by id, then by name, also when it appears later", async () => {
  performEffects([{ effect: "focus", target: "title" }], targets);
  document.body.innerHTML = `<input name="title">`;
  await vi.waitFor(() => expect(document.activeElement?.getAttribute("name")).toBe("title"));
  document.body.innerHTML = `<input name="title"><input id="title">`;
  performEffects([{ effect: "focus", target: "title" }], targets);
  await vi.waitFor(() => expect(document.activeElement?.id).toBe("title"));
});

test("top and bottom are the ends of the page where no element has that id", async () => {
  const places: unknown[] = [];
  vi.spyOn(window, "scrollTo").mockImplementation((options) => void places.push((options as ScrollToOptions).top));
  Object.defineProperty(document.documentElement, "scrollHeight", { value: 4000, configurable: true });
  performEffects([{ effect: "scrollTo", target: "bottom", align: "start" }], targets);
  performEffects([{ effect: "scrollTo", target: "top", align: "start" }], targets);
  await vi.waitFor(() => expect(places).toEqual([4000, 0]));
  expect(lines).toEqual([]);
});

test("a target that never appears is reported", async () => {
  performEffects([{ effect: "scrollTo", target: "nowhere", align: "start" }], targets);
  await vi.waitFor(() =>
    expect(lines[0]).toContain(
      'CLIENT_EFFECT_NO_TARGET (app): A scrollTo effect found no element with the id or name "nowhere"',
    ),
  );
});

test("title, log and back do what they say", () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
  performEffects(
    [{ effect: "setTitle", title: "New" }, { effect: "log", level: "info", message: "hi" }, { effect: "back" }],
    targets,
  );
  expect(document.title).toBe("New");
  expect(info).toHaveBeenCalledWith("hi");
  expect(went).toEqual(["back"]);
});
