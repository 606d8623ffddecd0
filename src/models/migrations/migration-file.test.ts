import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findMigration, loadMigration, migrationFiles, readSnapshot, writeMigration } from "./migration-file.ts";

const root = mkdtempSync(join(tmpdir(), "antiphon-migration-files-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PLACE = "$".concat("{x}");
const STATEMENTS = [`select 'it''s ${PLACE} \\ \\n'`, `select \`a\`, '"', '${PLACE}'`, "select 'two\nlines'", ""];

describe("Migration files", () => {
  it("hold any SQL as it is, and are numbered", async () => {
    const path = writeMigration(root, "first", { up: STATEMENTS, down: [] });
    expect(path).toBe(join(root, "0001_first.ts"));
    writeMigration(root, "second", { up: [], down: STATEMENTS });
    const [first, second] = await Promise.all(migrationFiles(root).map(loadMigration));
    expect([first?.up, second?.down]).toEqual([STATEMENTS, STATEMENTS]);
    expect(findMigration(root, "0002")).toMatchObject({ name: "0002_second" });
    expect(() => findMigration(root, "0003")).toThrow(/0001_first, 0002_second/);
  });

  it("have the same checksum whatever the line endings", () => {
    const before = migrationFiles(root)[0]?.checksum;
    const path = join(root, "0001_first.ts");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("\n", "\r\n"));
    expect(migrationFiles(root)[0]?.checksum).toBe(before);
  });

  it("tell what is wrong with a snapshot", () => {
    expect(readSnapshot(join(root, "none"))).toBeUndefined();
    // Migrations without the snapshot that belongs to them.
    expect(() => readSnapshot(root)).toThrow(/\.snapshot\.json can't be read/);
    writeFileSync(join(root, ".snapshot.json"), "<<<<<<< HEAD");
    expect(() => readSnapshot(root)).toThrow(/\.snapshot\.json can't be read/);
  });
});
