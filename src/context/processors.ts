import { userSnapshot } from "../auth/users/user-snapshot.ts";
import type { AppRequest } from "../bridge/request-types.ts";
import { currentTranslator } from "../i18n/current-language.ts";
import { textDirection } from "../protocol/messages.ts";

/**
 * A context processor: `user`, a display snapshot of the signed-in user.
 *
 * @example
 * export default defineConfig({ contextProcessors: [userContext] });
 */
export function userContext(request: AppRequest) {
  return { user: userSnapshot(request.user) };
}

/** A context processor: `languageCode`, `languageBidi` and `languages`, a list of codes and names. */
export function i18nContext(request: AppRequest) {
  const { language } = request;
  const names = currentTranslator()?.languages.names ?? new Map([["en", "English"]]);
  return {
    languageCode: language,
    languageBidi: textDirection(language) === "rtl",
    languages: [...names].map(([code, name]) => [code, name] as const),
  };
}
