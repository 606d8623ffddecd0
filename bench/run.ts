import { loadavg } from "node:os";
import { eventRoundTrip } from "./event-round-trip.ts";
import { identityTiers } from "./identity-tiers.ts";
import { manyTabs } from "./many-tabs.ts";
import { messages } from "./messages.ts";
import { modelTypes } from "./model-types.ts";
import { models } from "./models.ts";
import { patchSize } from "./patch-size.ts";

const [load = 0] = loadavg();
if (load > 0.7) console.log(`The machine is busy (load ${load.toFixed(2)}): trust no figure but the bytes.`);
patchSize();
await eventRoundTrip();
await identityTiers();
await manyTabs();
await models();
modelTypes();
await messages();
