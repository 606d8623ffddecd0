import { defineErrors } from "../errors.ts";

/** Errors of this folder. */
export const serializerErrors = defineErrors({
  SERIALIZER_COMPUTED_ASYNC: {
    message: (name: string) =>
      `computed.${name} of a serializer returned a promise. Return a value: read what it needs before, with nested or reads.`,
  },
  SERIALIZER_FIELD_UNKNOWN: {
    message: (model: string, option: string, name: string, near: string | undefined, valid: readonly string[]) =>
      `${option} of ModelSerializer(${model}) names "${name}", which is not a field that rows can show.` +
      `${near === undefined ? "" : ` Did you mean "${near}"?`} Expected one of: ${valid.join(", ")}.`,
  },
  SERIALIZER_OPTION_INVALID: {
    message: (model: string, problem: string) => `The options of ModelSerializer(${model}) are wrong: ${problem}.`,
  },
  SERIALIZER_ROW_INVALID: {
    message: (model: string, got: string) =>
      `The serializer of ${model} expected a ${model}, or a query set of it. Got ${got}.`,
  },
});
