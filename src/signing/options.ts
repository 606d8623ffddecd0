import { type RulesOf, withDefault } from "../setting.ts";
import { secretText, secretTexts } from "../setting-rules.ts";

/** Settings of the keys that sign. */
export interface SigningConfig {
  /**
   * Key that signs cookies and links: at least 50 characters that nobody can guess. Required in production; elsewhere the
   * server makes one and keeps it in `.antiphon/secret`.
   */
  readonly secretKey?: string;
  /** Earlier keys: what they signed is still accepted, and signed again by `secretKey`. */
  readonly secretKeyFallbacks?: readonly string[];
}

/** Rules and defaults of {@link SigningConfig}. */
export const signingOptions = {
  secretKey: secretText,
  secretKeyFallbacks: withDefault(secretTexts, []),
} satisfies RulesOf<SigningConfig>;
