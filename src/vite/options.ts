import type { UserConfig } from "vite";
import type { RulesOf, ValueRule } from "../setting.ts";
import { isAppPath, isPlainObject } from "../setting-rules.ts";

/** Settings of the build. */
export interface BuildConfig {
  /**
   * Where browsers load the built files from, for example "https://cdn.example.org/notes/"; the server itself when absent.
   * It is a setting of the build: `antiphon collectstatic` writes the files that belong there.
   */
  readonly assetsUrl?: string;
  /** Further settings for Vite, merged into the framework's own. */
  readonly vite?: UserConfig;
}

/** The URL appears in documents and in a policy: characters that end an attribute or directive are refused. */
const folderUrl: ValueRule = {
  expected: 'an address that ends with "/", such as "https://cdn.example.org/notes/" or "/static/"',
  accepts: (value) =>
    typeof value === "string" &&
    value.endsWith("/") &&
    !/[\s"'<>;,?#@*\\]/.test(value) &&
    (isAppPath(value)
      ? value === new URL(value, "http://app.invalid").pathname
      : /^https?:/.test(value) && URL.canParse(value) && new URL(value).href === value),
  parse: (given) => given,
};

const viteSettings: ValueRule = {
  expected: "an object of Vite settings",
  accepts: isPlainObject,
};

/** Rules of {@link BuildConfig}. */
export const buildOptions = {
  assetsUrl: folderUrl,
  vite: viteSettings,
} satisfies RulesOf<BuildConfig>;
