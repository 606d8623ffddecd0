import { describe, expect, it } from "vitest";
import { FOREIGN_URLS } from "../protocol/foreign-urls.fixture.ts";
import {
  alert,
  back,
  copyToClipboard,
  DOWNLOAD_LIMIT,
  download,
  focus,
  isEffect,
  log,
  redirect,
  reload,
  scrollTo,
  setTitle,
  toast,
} from "./effects.ts";

const refused = expect.objectContaining({ code: "EFFECT_INVALID" });

describe("Effects", () => {
  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://evil.example",
    "evil.example",
    "",
    " /notes",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    "/a\u0000b",
    "/a\u007fb",
    "notes",
    "?x=1",
    "#top",
    ...FOREIGN_URLS,
  ])("NXT-4, SEC-16: redirect and download refuse %j", (target) => {
    expect(() => redirect(target)).toThrow(refused);
    expect(() => download(target)).toThrow(refused);
  });

  it.each([
    "javascript:alert(1)",
    "//evil.example",
    "/notes",
    "ftp://x",
    "https:/x",
    "https://",
    "http://[",
    " https://x.example",
  ])("NXT-4: an external redirect refuses %j", (target) =>
    expect(() => redirect(target, { external: true })).toThrow(refused),
  );

  it.each([undefined, null, 7, {}, ["/"]])("a target that is %j is refused", (target) => {
    expect(() => redirect(target as never)).toThrow(refused);
    expect(() => focus(target as never)).toThrow(refused);
    expect(() => toast.info(target as never)).toThrow(refused);
  });

  it("take paths of the app, and other sites only when told so", () => {
    expect(redirect("/notes?next=//evil#x")).toEqual({
      effect: "redirect",
      to: "/notes?next=//evil#x",
      replace: false,
      external: false,
    });
    expect(redirect("https://shop.example/a", { external: true, replace: true })).toEqual({
      effect: "redirect",
      to: "https://shop.example/a",
      replace: true,
      external: true,
    });
  });

  it("bound what is downloaded over the socket", () => {
    expect(download({ filename: "a.csv", content: "é" })).toEqual({
      effect: "download",
      filename: "a.csv",
      mimeType: "text/plain;charset=utf-8",
      content: "w6k=",
    });
    expect(download({ filename: "a", content: new Uint8Array([1, 2]) })).toMatchObject({
      mimeType: "application/octet-stream",
      content: "AQI=",
    });
    expect(() => download({ filename: "a", content: "é".repeat(DOWNLOAD_LIMIT / 2 + 1) })).toThrow(refused);
  });

  it("refuse a toast's wrong duration", () => {
    for (const duration of [-1, Number.NaN, Number.POSITIVE_INFINITY, "5" as never])
      expect(() => toast.info("x", { duration })).toThrow(refused);
    expect(toast.error("x", { duration: 0, title: "t" })).toEqual({
      effect: "toast",
      level: "error",
      message: "x",
      title: "t",
      duration: 0,
    });
  });

  it("are known by a mark that data cannot carry and that does not travel", () => {
    const all = [
      redirect("/"),
      reload(),
      back(),
      toast.info("x"),
      alert("x"),
      download("/x"),
      focus("x"),
      scrollTo("x"),
      copyToClipboard("x"),
      setTitle("x"),
      log("x"),
    ];
    expect(all.every(isEffect)).toBe(true);
    for (const effect of all) expect(isEffect(JSON.parse(JSON.stringify(effect)))).toBe(false);
  });
});
