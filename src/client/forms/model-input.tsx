import type { ChangeEventHandler } from "react";
import { useTexts } from "../hooks/use-texts.ts";
import { RelationInput } from "./relation-input.tsx";
import type { FieldChoice, ModelFieldView, ModelInputProps } from "./use-model-field.ts";

/** Props of `<ModelInput>`. */
export interface ModelControlProps {
  readonly field: ModelFieldView<unknown>;
}

/**
 * Shows the control of a field of a form, and nothing around it: an input, a list of choices, or a search for rows.
 *
 * @example
 * const title = useModelField(NotesState, "title");
 * return <MyRow label={title.label} error={title.error}><ModelInput field={title} /></MyRow>;
 */
export function ModelInput({ field }: ModelControlProps) {
  const { control, input } = field;
  switch (control) {
    case "textarea":
      return <textarea {...controlProps<HTMLTextAreaElement>(input)} />;
    case "select":
    case "multiselect":
      return <SelectInput field={field} />;
    case "radio":
    case "checkboxes":
      return <ChoiceInputs field={field} />;
    case "relation":
    case "relations":
      return <RelationInput field={field} />;
    default:
      return <input {...controlProps<HTMLInputElement>(input)} />;
  }
}

/** The handlers of a field take the events of every control. */
type ControlProps<E> = Omit<ModelInputProps, "value" | "onChange"> & {
  readonly value?: string | string[];
  readonly onChange: ChangeEventHandler<E>;
};

function controlProps<E>(input: ModelInputProps): ControlProps<E> {
  return input as ControlProps<E>;
}

function SelectInput({ field }: ModelControlProps) {
  return (
    <select {...controlProps<HTMLSelectElement>(field.input)}>
      {useAllChoices(field).map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function ChoiceInputs({ field }: ModelControlProps) {
  const { control, input } = field;
  // The group has the texts.
  const { "aria-describedby": _, value: __, ...own } = controlProps<HTMLInputElement>(input);
  return (
    <div className="model-choices">
      {useAllChoices(field).map(({ value, label }) => (
        <label key={value}>
          <input
            {...own}
            id={`${input.id}-${value}`}
            value={value}
            checked={control === "radio" ? input.value === value : (input.value ?? []).includes(value)}
          />{" "}
          {label}
        </label>
      ))}
    </div>
  );
}

/** The choices of a field, and the one to choose nothing where a field may be empty or still is. */
function useAllChoices({ choices, info, input, required }: ModelFieldView<unknown>): readonly FieldChoice[] {
  const texts = useTexts();
  const isOne = info.kind !== "manyToMany";
  const isListed = choices.some(({ value }) => value === "");
  if (!isOne || isListed || !(info.nullable || input.value === "")) return choices;
  return [{ value: "", label: required ? texts("Choose…") : texts("None") }, ...choices];
}
