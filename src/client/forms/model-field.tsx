import type { FormFieldName, StateClassShape } from "../../state/client-view.ts";
import { isGroup } from "./form-control.ts";
import { ModelInput } from "./model-input.tsx";
import { useModelField } from "./use-model-field.ts";

/** Props of `<ModelField>`. */
export interface ModelFieldProps<C extends StateClassShape, F extends FormFieldName<C>> {
  readonly state: C;
  /** Name of the field's var. */
  readonly name: F;
  /** Name of its class; `model-field` when absent. */
  readonly className?: string;
}

/**
 * Shows one field of a form: label, control, help and error, as plain elements without styles.
 *
 * The elements have the classes `model-label`, `model-help` and `model-error`, and the element around them tells by
 * `data-control`, `data-required`, `data-invalid` and `data-pending` what it holds. For other markup use
 * `useModelField()`.
 *
 * @throws CLIENT_FORM_MISSING, CLIENT_FORM_FIELD, CLIENT_FORM_OPTIONS, CLIENT_NOT_A_STATE.
 * @example
 * <ModelField state={NotesState} name="title" />
 */
export function ModelField<C extends StateClassShape, F extends FormFieldName<C>>(props: ModelFieldProps<C, F>) {
  const { state, name, className = "model-field" } = props;
  const field = useModelField(state, name);
  const { control, label, help, error, ids, input, pending, required } = field;
  const around = {
    className,
    "data-control": control,
    "data-required": required || undefined,
    "data-invalid": error !== undefined || undefined,
    "data-pending": pending || undefined,
  };
  const texts = (
    <>
      {help && (
        <p id={ids.help} className="model-help">
          {help}
        </p>
      )}
      <p id={ids.error} className="model-error" aria-live="polite">
        {error}
      </p>
    </>
  );
  if (isGroup(control)) {
    return (
      <fieldset {...around} aria-describedby={input["aria-describedby"]}>
        <legend className="model-label">{label}</legend>
        <ModelInput field={field} />
        {texts}
      </fieldset>
    );
  }
  return (
    <div {...around}>
      {control === "checkbox" && <ModelInput field={field} />}
      <label id={ids.label} htmlFor={input.id} className="model-label">
        {label}
      </label>
      {control !== "checkbox" && <ModelInput field={field} />}
      {texts}
    </div>
  );
}
