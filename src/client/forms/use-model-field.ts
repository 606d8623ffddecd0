import { useEffect, useId } from "react";
import type { FormField } from "../../protocol/form-fields.ts";
import type { FieldName, FormFieldName, StateClassShape, Wire } from "../../state/client-view.ts";
import { clientErrors } from "../errors.ts";
import { type FieldInputProps, useField } from "../hooks/use-field.ts";
import { useI18n } from "../hooks/use-i18n.ts";
import { useNewest, useServerState } from "../hooks/use-server-state.ts";
import { useTexts } from "../hooks/use-texts.ts";
import { describeState, useRuntime } from "../pages/page-runtime.ts";
import { stateName } from "../states/state-stub.ts";
import {
  attributesOf,
  type ControlAttributes,
  controlOf,
  type FormControl,
  isGroup,
  loadsChoices,
  valueKindOf,
} from "./form-control.ts";
import { formFieldOf, formOf, formVar, type Vars } from "./form-state.ts";
import { optionLoads } from "./option-loads.ts";

/** One choice of a field, as a person reads it. */
export interface FieldChoice {
  /** As an input holds it. */
  readonly value: string;
  readonly label: string;
}

/** Props of the control of a field: those of `useField()`, and what follows from the model. */
export interface ModelInputProps extends FieldInputProps, ControlAttributes {
  readonly id: string;
  readonly required?: true;
  readonly "aria-describedby"?: string;
}

/** A field of a form, as `useModelField()` gives it. */
export interface ModelFieldView<T> {
  /** The text of the label, in the language of the page. */
  readonly label: string;
  readonly help: string | undefined;
  /** Why the value is refused, by the input or by the last save. */
  readonly error: string | undefined;
  readonly required: boolean;
  /** Whether the server has not answered yet for what is shown. */
  readonly pending: boolean;
  readonly value: T;
  /** Writes a value at once. A method, so that a control of your own can take any `ModelFieldView<unknown>`. */
  set(value: T): void;
  readonly control: FormControl;
  /** Items of an enum, or the rows that a relation may name. */
  readonly choices: readonly FieldChoice[];
  /** Loads the rows that a relation may name, by a text. Resolves when they are in `choices`. */
  readonly search: (text: string) => Promise<void>;
  readonly input: ModelInputProps;
  /** Ids of the elements around the control; `input` refers to those of help and error. */
  readonly ids: { readonly label: string; readonly help: string; readonly error: string };
  /** Changes when the form is opened or emptied: a control with state of its own resets it then. */
  readonly formKey: number;
  /** What the model says of the field. */
  readonly info: FormField;
}

/**
 * Binds one field of a form with all that its model says: label, help, required, length, choices. Use it for a control of
 * your own; `<ModelField>` shows one that is complete.
 *
 * Put `ids.help` and `ids.error` on the elements with these texts: screen readers read them with the input.
 *
 * @throws CLIENT_FORM_MISSING, CLIENT_FORM_FIELD, CLIENT_FORM_OPTIONS, CLIENT_NOT_A_STATE.
 * @example
 * const title = useModelField(NotesState, "title");
 * return <>
 *   <label htmlFor={title.input.id}>{title.label}</label>
 *   <input {...title.input} />
 *   <p id={title.ids.error}>{title.error}</p>
 * </>;
 */
export function useModelField<C extends StateClassShape, F extends FormFieldName<C>>(
  state: C,
  name: F,
): ModelFieldView<Wire<InstanceType<C>[F]>> {
  const runtime = useRuntime("useModelField");
  const info = describeState(runtime, "useModelField", state);
  const field = formFieldOf(info, "useModelField", name);
  const form = formOf(info, "useModelField");
  const isRelation = field.kind === "relation" || field.kind === "manyToMany";
  if (isRelation && !field.hasOptions) throw clientErrors.CLIENT_FORM_OPTIONS(stateName(info), name, field.field);
  const bound = useField(state, name as unknown as FieldName<C>, { kind: valueKindOf(field) });
  const { refused, found, formKey } = useServerState(state, (view) => {
    const vars = view as unknown as Vars;
    return {
      refused: (formVar(form, vars, "fieldErrors") as { [name: string]: string } | undefined)?.[name],
      found: (formVar(form, vars, "relationOptions") as { [name: string]: readonly RelationChoice[] } | undefined)?.[
        name
      ],
      formKey: Number(formVar(form, vars, "formKey")),
    };
  });
  const { t } = useI18n();
  const texts = useTexts();
  const search = useNewest((text: string) => optionLoads(runtime).search({ info, field: name, text }));
  // Also where code of the state has chosen a row, whose label the page does not have.
  const isUnnamed = isRelation && keysOf(bound.value).some((key) => !found?.some(({ value }) => String(value) === key));
  const isLoaded = isUnnamed || loadsChoices(field);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a form that is opened again has lost its choices
  useEffect(() => {
    if (isLoaded) void search("");
  }, [isLoaded, search, formKey]);
  const id = useId();
  const ids = { label: `${id}-label`, help: `${id}-help`, error: `${id}-error` };
  const error = bound.error ?? refused;
  const control = controlOf(field);
  const described = [field.helpText && ids.help, error && ids.error].filter(Boolean).join(" ");
  return {
    label: t(field.label),
    help: field.helpText === undefined ? undefined : t(field.helpText),
    error,
    required: field.required,
    pending: bound.pending,
    value: bound.value as Wire<InstanceType<C>[F]>,
    set: (value) => bound.set(value as never),
    control,
    choices: choicesOf(field, found, { t, yes: texts("Yes"), no: texts("No") }),
    search,
    ids,
    formKey,
    info: field,
    input: {
      ...bound.input,
      ...attributesOf(field),
      id,
      // A box without a tick is a value.
      ...(field.required && !isGroup(control) && control !== "checkbox" ? { required: true as const } : {}),
      ...(error ? { "aria-invalid": true as const } : {}),
      ...(described ? { "aria-describedby": described } : {}),
    },
  };
}

/** A row that a relation may name, as the server sends it. */
interface RelationChoice {
  readonly value: string | number;
  readonly label: string;
}

interface ChoiceTexts {
  readonly t: (text: string) => string;
  readonly yes: string;
  readonly no: string;
}

function choicesOf(field: FormField, found: readonly RelationChoice[] | undefined, texts: ChoiceTexts): FieldChoice[] {
  if (field.kind === "boolean") {
    return [
      { value: "true", label: texts.yes },
      { value: "false", label: texts.no },
    ];
  }
  if (field.choices) return field.choices.map(({ value, label }) => ({ value: String(value), label: texts.t(label) }));
  return (found ?? []).map(({ value, label }) => ({ value: String(value), label }));
}

/** The keys that the var of a relation holds, as inputs hold them. */
export function keysOf(value: unknown): string[] {
  return [value]
    .flat()
    .filter((key) => key !== null && key !== undefined && key !== "")
    .map(String);
}
