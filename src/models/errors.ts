import { defineErrors } from "../errors.ts";

/** Codes of models and the database. */
export const modelErrors = defineErrors({
  MODEL_NAME_INVALID: {
    message: (name: string) =>
      `A model is called "${name}". Expected a name such as "Note": letters and digits, the first a capital.`,
  },
  MODEL_UNKNOWN: {
    message: (name: string) =>
      `${name} is no model. Expected a class made by model(). Write: class Note extends model("Note", { … }) {}`,
  },
});
