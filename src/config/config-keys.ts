import { authOptions } from "../auth/options.ts";
import { bridgeOptions } from "../bridge/options.ts";
import { channelOptions } from "../channel/options.ts";
import { contextOptions } from "../context/options.ts";
import { i18nOptions } from "../i18n/options.ts";
import { mailOptions } from "../mail/options.ts";
import { databaseOptions } from "../models/options.ts";
import { httpLimitOptions, serverOptions } from "../server/options.ts";
import { sessionOptions } from "../sessions/options.ts";
import type { RulesOf } from "../setting.ts";
import { signingOptions } from "../signing/options.ts";
import { buildOptions } from "../vite/options.ts";
import type { AntiphonConfig } from "./define-config.ts";

/** Every key of `antiphon.config.ts` with its rule and default: the sum of the features' tables. */
export const CONFIG_KEYS = {
  ...serverOptions,
  ...bridgeOptions,
  ...signingOptions,
  ...buildOptions,
  ...contextOptions,
  session: { group: sessionOptions },
  auth: { group: authOptions },
  i18n: { group: i18nOptions },
  mail: { group: mailOptions },
  database: { group: databaseOptions },
  limits: { group: { ...channelOptions, ...httpLimitOptions } },
} satisfies RulesOf<AntiphonConfig>;
