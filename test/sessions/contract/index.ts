import type { OpenStorage } from "../session-world.ts";
import { endings } from "./endings.ts";
import { expiry } from "./expiry.ts";
import { loading } from "./loading.ts";
import { parallel } from "./parallel.ts";
import { unclaimed } from "./unclaimed.ts";
import { values } from "./values.ts";

/** What must hold wherever sessions are kept. */
export const SUITES: readonly ((open: OpenStorage) => void)[] = [loading, values, expiry, endings, parallel, unclaimed];
