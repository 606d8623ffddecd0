import { classInfo, isStateClass } from "../../state/class-info.ts";
import { firstValues } from "./first-values.ts";
import type { StubState } from "./stub-code.ts";

/** What a state module exports: its state classes, and the names that only the server may import. */
export interface StateModuleExports {
  readonly states: readonly StubState[];
  readonly serverOnly: readonly string[];
}

/** Describes the state classes among the exports of a module. */
export function exportedStates(module: Readonly<Record<string, unknown>>): StateModuleExports {
  const states: StubState[] = [];
  const serverOnly: string[] = [];
  for (const [exportName, value] of Object.entries(module)) {
    if (!isStateClass(value)) {
      serverOnly.push(exportName);
      continue;
    }
    const info = classInfo(value);
    states.push({
      exportName,
      id: info.id,
      vars: [...info.vars],
      computed: [...info.computed],
      events: [...info.events.keys()],
      fields: [...info.fields.keys()],
      belongsTo: info.belongsTo.length > 0 ? info.belongsTo : undefined,
      args: Object.fromEntries(Array.from(info.events, ([name, { args }]) => [name, args.length])),
      form: value.form,
      first: firstValues(value),
    });
  }
  return { states, serverOnly };
}
