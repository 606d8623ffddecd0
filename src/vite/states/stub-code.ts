import type { FormInfo } from "../../protocol/form-fields.ts";
import type { Json } from "../../protocol/frames.ts";

/** One state class as the browser may know it: names, and the values that every visitor sees first. */
export interface StubState {
  /** Name under which the module exports the class. */
  readonly exportName: string;
  /** For example `notes.NotesState`. */
  readonly id: string;
  readonly vars: readonly string[];
  readonly computed: readonly string[];
  readonly events: readonly string[];
  readonly fields: readonly string[];
  /** Vars that say what the fields are for; undefined where the class names none. */
  readonly belongsTo?: readonly string[] | undefined;
  /** How many arguments each event takes. */
  readonly args: { readonly [event: string]: number };
  /** The state's form; undefined where it has none. */
  readonly form?: FormInfo | undefined;
  /** Values of a fresh instance, as sent; undefined if the browser has to wait for them. */
  readonly first?: { readonly [name: string]: Json } | undefined;
}

/**
 * The text that stands in for a state module in the browser: one stub per class, and nothing of its code.
 *
 * @example
 * stubCode([{ exportName: "HelloState", id: "hello.HelloState", vars: ["name"], computed: [], events: ["greet"], fields: [], args: { greet: 0 } }]);
 */
export function stubCode(states: readonly StubState[]): string {
  const stubs = states.map(({ exportName, ...names }) => {
    const info = JSON.stringify(names);
    return `export const ${exportName} = /* @__PURE__ */ stateStub(${info});\n`;
  });
  return `import { stateStub } from "antiphon/react";\n${stubs.join("")}`;
}
