import { builtInStates } from "../../context/built-in-states.ts";
import { exportedStates } from "../../vite/states/state-exports.ts";
import type { BuiltInStates } from "./built-in-states.ts";
import { stateStub } from "./state-stub.ts";

/** The stubs of the states that every app has, as the generated entry passes them. */
export const builtInStubs = Object.fromEntries(
  exportedStates(builtInStates).states.map(({ exportName, belongsTo: _, first: __, ...info }) => [
    exportName,
    stateStub(info),
  ]),
) as unknown as BuiltInStates;
