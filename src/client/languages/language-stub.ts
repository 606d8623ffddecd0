import { stateStub } from "../states/state-stub.ts";

/** Stands for the state that every app has on the server without exporting it. */
export const languageStub = stateStub({
  id: "antiphon.I18nState",
  vars: ["languageCode", "languageBidi"],
  computed: [],
  events: ["sync", "setLanguage"],
  fields: [],
  args: { sync: 0, setLanguage: 1 },
});
