import { expect, it } from "vitest";
import { userStub } from "../client/hooks/use-user.ts";
import { languageStub } from "../client/languages/language-stub.ts";
import { contextStub } from "../client/states/context-stub.ts";
import { classInfo } from "../state/class-info.ts";
import { StateRegistry } from "../state/registry.ts";
import { builtInStates } from "./built-in-states.ts";

it.each([
  ["UserState", userStub],
  ["I18nState", languageStub],
  ["ContextState", contextStub],
] as const)("the browser's stub of %s says the same as its class", (name, stub) => {
  const info = classInfo(builtInStates[name]);
  expect(stub.info).toEqual({
    id: `antiphon.${name}`,
    vars: info.vars,
    computed: info.computed,
    events: [...info.events.keys()],
    fields: [...info.fields.keys()],
    args: Object.fromEntries([...info.events].map(([event, { args }]) => [event, args.length])),
  });
  expect(new StateRegistry([builtInStates]).ids()).toContain(info.id);
});
