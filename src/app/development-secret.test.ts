import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { productionProblems } from "../config/production-problems.ts";
import { developmentSecret } from "./development-secret.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "antiphon-secret-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = () => join(root, ".antiphon/secret");

test("the key of development is made once, kept for the next start, and readable by its owner alone", () => {
  const first = developmentSecret(root);
  expect(first.length).toBeGreaterThan(60);
  expect(developmentSecret(root)).toBe(first);
  expect(readFileSync(file(), "utf8")).toBe(first);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  rmSync(file());
  expect(developmentSecret(root)).not.toBe(first);
});

test("a file that holds no such key is written anew", () => {
  mkdirSync(join(root, ".antiphon"));
  writeFileSync(file(), "short");
  const secret = developmentSecret(root);
  expect(secret).not.toBe("short");
  expect(developmentSecret(root)).toBe(secret);
});

test("a file that others may read becomes its owner's alone, whether its key is kept or not", () => {
  mkdirSync(join(root, ".antiphon"));
  writeFileSync(file(), "short", { mode: 0o644 });
  const secret = developmentSecret(root);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  chmodSync(file(), 0o644);
  expect(developmentSecret(root)).toBe(secret);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test("where nothing can be written there is a key all the same", () => {
  writeFileSync(join(root, ".antiphon"), "a file in the folder's place");
  expect(developmentSecret(root).length).toBeGreaterThan(60);
  expect(existsSync(file())).toBe(false);
});

test("production takes no such key", () => {
  const secretKey = developmentSecret(root);
  expect(productionProblems({ secretKey, allowedHosts: ["a.example"] })).toContainEqual(
    expect.objectContaining({ level: "error", setting: "secretKey", got: "a key that was made for development" }),
  );
});
