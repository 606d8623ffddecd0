import { expectTypeOf } from "vitest";
import type { ChannelLimits } from "../channel/limits.ts";
import type { LimitsConfig } from "../config/define-config.ts";

// The settings name every bound of the socket, and no other beside the one of HTTP bodies.
expectTypeOf<Required<Omit<LimitsConfig, "bodyBytes">>>().toEqualTypeOf<ChannelLimits>();
