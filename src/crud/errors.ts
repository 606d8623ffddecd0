import { defineErrors } from "../errors.ts";

/** Errors of this folder. */
export const crudErrors = defineErrors({
  CRUD_ACTION_UNAVAILABLE: {
    message: (state: string, action: string) =>
      `${state} cannot perform "${action}". Expected an action of its parts: build it with ModelState, ModelCRUDView, or the mixin that adds the action.`,
  },
  CRUD_CLASS_INCOMPLETE: {
    message: (state: string) =>
      `${state} extends a base of data states directly. Write  class ${state} extends ModelState(Note, { fields: ["title"] }) {}.`,
  },
  CRUD_FIELD_READ_ONLY: {
    message: (model: string, field: string) =>
      `The form of ${model} cannot edit ${field}: the model or the database sets it. Add it to readOnlyFields: ["${field}"].`,
  },
  CRUD_HOOK_WITHOUT_FIELD: {
    message: (state: string, hook: string, fields: readonly string[]) =>
      `${state}.${hook}() cleans a field that the form does not have. Expected one of: ${fields.join(", ")}.`,
  },
  CRUD_NAME_CLASH: {
    message: (model: string, name: string, what: string, field: string) =>
      `The data state of ${model} would have two members called "${name}": ${what} and another one. Give one another name: vars: { ${field}: "…" }.`,
  },
  CRUD_OPTION_INVALID: {
    message: (model: string, option: string, problem: string) =>
      `The option ${option} of the data state of ${model} is wrong: ${problem}.`,
  },
  CRUD_SCOPE_INVALID: {
    message: (state: string, field: string) =>
      `UserScoped() of ${state} names "${field}", which is not a relation to the user model. Write  UserScoped(Base, "user").`,
  },
  CRUD_SORT_UNKNOWN: {
    status: 400,
    expose: true,
    message: () => "The list cannot be sorted that way.",
  },
  CRUD_FILTER_UNKNOWN: {
    status: 400,
    expose: true,
    message: () => "The list cannot be filtered that way.",
  },
  CRUD_RELATION_UNKNOWN: {
    status: 400,
    expose: true,
    message: () => "There are no options for this field.",
  },
});
