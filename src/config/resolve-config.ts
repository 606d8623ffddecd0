import { type Mode, type Resolved, resolveSettings, type SettingContext } from "../setting.ts";
import { CONFIG_KEYS } from "./config-keys.ts";
import type { AntiphonConfig } from "./define-config.ts";

export type { Mode };

/** Settings with every default; a setting that has none stays optional. */
export type ResolvedConfig = Resolved<AntiphonConfig, typeof CONFIG_KEYS>;

/** Returns the settings of an app with their defaults. */
export function resolveConfig(config: AntiphonConfig, context: SettingContext): ResolvedConfig {
  return resolveSettings(CONFIG_KEYS, config, context);
}
