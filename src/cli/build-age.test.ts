import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { buildAge } from "./build-age.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-age-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const POINTER = ".antiphon/build.json";

/** Writes files with the times (in seconds) that are given, folders last: writing into them changes theirs. */
function write(times: Record<string, number>) {
  for (const file of Object.keys(times).filter((name) => !name.endsWith("/"))) {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, file), file === POINTER ? '{"build":"b","folder":"one"}' : "");
  }
  if (POINTER in times) mkdirSync(join(root, ".antiphon/builds/one"), { recursive: true });
  for (const [file, time] of Object.entries(times)) utimesSync(join(root, file), time, time);
}

describe("The age of a build", () => {
  it("is missing before the first build", () => {
    write({ "src/app.tsx": 10 });
    expect(buildAge(root, {})).toEqual({ state: "missing" });
  });

  it("is missing when its folder is gone", () => {
    write({ "src/app.tsx": 10, "src/": 10, [POINTER]: 20 });
    rmSync(join(root, ".antiphon/builds"), { recursive: true });
    expect(buildAge(root, {})).toEqual({ state: "missing" });
  });

  it("is fresh when nothing is newer", () => {
    write({ "src/deep/a.ts": 10, "antiphon.config.ts": 10, [POINTER]: 20, "src/deep/": 10, "src/": 10 });
    expect(buildAge(root, {})).toEqual({ state: "fresh" });
  });

  it.each(["src/deep/a.ts", "antiphon.config.ts", "package.json", "public/logo.svg"])(
    "is stale when %s is newer",
    (file) => {
      write({ "src/app.tsx": 10, [POINTER]: 20, [file]: 30 });
      for (const folder of ["src/deep", "src", "public"]) {
        try {
          utimesSync(join(root, folder), 10, 10);
        } catch {}
      }
      expect(buildAge(root, {})).toEqual({ state: "stale", reason: `${file} is newer than the last build` });
    },
  );

  it("is stale when a file was removed", () => {
    write({ "src/app.tsx": 10, [POINTER]: 20, "src/": 30 });
    expect(buildAge(root, {})).toEqual({ state: "stale", reason: "src is newer than the last build" });
  });

  it("is stale when the browser's files are to be loaded from another address", () => {
    write({ "src/app.tsx": 10, "src/": 10, [POINTER]: 20 });
    const reason = "assetsUrl has changed since the last build";
    expect(buildAge(root, { assetsUrl: "/static/" })).toEqual({ state: "stale", reason });
  });
});
