import { expect, it } from "vitest";
import { classInfo } from "../state/class-info.ts";
import { StateRegistry } from "../state/registry.ts";
import { builtInStates } from "./built-in-states.ts";

it.each(Object.keys(builtInStates) as (keyof typeof builtInStates)[])("%s has an id of the framework", (name) => {
  expect(classInfo(builtInStates[name]).id).toBe(`antiphon.${name}`);
  expect(new StateRegistry([builtInStates]).ids()).toContain(`antiphon.${name}`);
});
