import { isAbsolute, resolve } from "node:path";
import type { Dialect } from "../dialects/session.ts";
import { modelErrors } from "../errors.ts";

/** Tells a database's kind from its address; a relative SQLite file is relative to `root`. @throws DATABASE_URL_INVALID */
export function readDatabaseUrl(url: string, root = process.cwd()): { dialect: Dialect; url: string } {
  const [, scheme = "", rest = ""] = /^(\w+):(.*)$/s.exec(url) ?? [];
  if (scheme === "sqlite" && rest !== "") {
    const file = rest.replace(/^\/\//, "");
    if (file === ":memory:") return { dialect: "sqlite", url: file };
    return { dialect: "sqlite", url: isAbsolute(file) ? file : resolve(root, file) };
  }
  if (/^postgres(?:ql)?$/.test(scheme) && rest.startsWith("//")) return { dialect: "postgres", url };
  if (/^(?:mysql|mariadb)$/.test(scheme) && rest.startsWith("//")) return { dialect: "mysql", url };
  throw modelErrors.DATABASE_URL_INVALID(url === "" ? "an empty text" : shownUrl(url));
}

/** An address without its password, which may hold an @ itself. */
export function shownUrl(url: string): string {
  return url.replace(/^(\w+:\/\/[^/@:]*):.*@/s, "$1:…@");
}

/** The name of the database at an address. */
export function databaseName(dialect: Dialect, url: string): string {
  return dialect === "sqlite" ? url : decodeURIComponent(new URL(url).pathname.slice(1)) || dialect;
}
