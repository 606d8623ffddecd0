import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the packages that Vite bundles before the first page is shown, because the pages of the framework import them: one
 * that is found later reloads the page. An app without such pages does not wait for them.
 */
export function prebundledPackages(root: string): string[] {
  const files = globSync("src/**/*.{tsx,ts,jsx,js,mts,mjs}", { cwd: root });
  return files.some((file) => usesCannedPages(readFileSync(join(root, file), "utf8")))
    ? ["antiphon > @mantine/core"]
    : [];
}

function usesCannedPages(source: string): boolean {
  return (
    source.includes("antiphon/auth/pages") &&
    /(?:AuthPages|LoginPage|RegisterPage|ResetPage|ConfirmPage|ChangePage|EmailPage)\b/.test(source)
  );
}
