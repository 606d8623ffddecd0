import { stateStub } from "./state-stub.ts";

/** Stands for the state that every app has on the server without exporting it. */
export const contextStub = stateStub({
  id: "antiphon.ContextState",
  vars: ["context", "contextJson"],
  computed: [],
  events: ["load"],
  fields: [],
  args: { load: 0 },
});
