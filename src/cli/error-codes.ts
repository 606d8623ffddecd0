import { authErrors } from "../auth/errors.ts";
import { guardErrors } from "../auth/guard-errors.ts";
import { authPageErrors } from "../auth/pages/errors.ts";
import { passwordErrors } from "../auth/passwords/password-errors.ts";
import { bridgeErrors } from "../bridge/errors.ts";
import { channelErrors } from "../channel/errors.ts";
import { configErrors } from "../config/errors.ts";
import { contextErrors } from "../context/errors.ts";
import { crudErrors } from "../crud/errors.ts";
import { i18nErrors } from "../i18n/errors.ts";
import { mailErrors } from "../mail/errors.ts";
import { modelErrors } from "../models/errors.ts";
import { protocolErrors } from "../protocol/errors.ts";
import { serializerErrors } from "../serializers/errors.ts";
import { appErrors } from "../server/app-errors.ts";
import { serverErrors } from "../server/errors.ts";
import { sessionErrors } from "../sessions/errors.ts";
import { signingErrors } from "../signing/errors.ts";
import { stateErrors } from "../state/errors.ts";
import { viteErrors } from "../vite/errors.ts";
import { cliErrors } from "./errors.ts";

const TABLES = [
  appErrors,
  authErrors,
  authPageErrors,
  bridgeErrors,
  channelErrors,
  cliErrors,
  configErrors,
  contextErrors,
  crudErrors,
  guardErrors,
  i18nErrors,
  mailErrors,
  modelErrors,
  passwordErrors,
  protocolErrors,
  serializerErrors,
  serverErrors,
  sessionErrors,
  signingErrors,
  stateErrors,
  viteErrors,
];

/** Number of parameters of every error that the server throws, by its code. */
export const ERROR_PARAMETERS: ReadonlyMap<string, number> = new Map(
  TABLES.flatMap((table) => Object.entries(table).map(([code, { parameters }]) => [code, parameters] as const)),
);
