import type { FormField } from "../../protocol/form-fields.ts";
import type { FieldKind } from "../fields/field-value.ts";

/** Kind of control that shows a field of a form. */
export type FormControl =
  | "text"
  | "textarea"
  | "number"
  | "checkbox"
  | "checkboxes"
  | "radio"
  | "select"
  | "multiselect"
  | "date"
  | "datetime"
  | "time"
  | "relation"
  | "relations";

/** The controls that can show a kind of field; the first one does unless the model's `widget` names another. */
const CONTROLS: { readonly [kind: string]: readonly [FormControl, ...FormControl[]] } = {
  text: ["text", "textarea"],
  longText: ["textarea", "text"],
  integer: ["number", "text"],
  bigInteger: ["text"],
  float: ["number", "text"],
  decimal: ["number", "text"],
  boolean: ["checkbox", "select", "radio"],
  date: ["date"],
  datetime: ["datetime"],
  time: ["time"],
  uuid: ["text"],
  json: ["textarea"],
  enum: ["select", "radio"],
  binary: ["textarea"],
  relation: ["relation", "select", "radio"],
  manyToMany: ["relations", "checkboxes", "multiselect"],
};

/** Controls whose choices all stand on the page: those of a relation are loaded with the form. */
const WITH_ALL_CHOICES: ReadonlySet<FormControl> = new Set(["select", "radio", "checkboxes", "multiselect"]);

/** Controls of several inputs, which need a legend in place of a label. */
const GROUPS: ReadonlySet<FormControl> = new Set(["radio", "checkboxes"]);

/** Widgets that are types of text inputs. */
const TEXT_TYPES: ReadonlySet<string> = new Set(["email", "password", "search", "tel", "url"]);

/** Returns the control that shows a field. A widget of the author's own is shown as its kind is. */
export function controlOf({ kind, widget, nullable }: FormField): FormControl {
  const possible = CONTROLS[kind] ?? ["text"];
  const control = possible.find((each) => each === widget) ?? possible[0];
  // A box has two states, and the field three.
  return control === "checkbox" && nullable ? "select" : control;
}

/** Whether the choices of a field are loaded with the form, because its control shows all of them. */
export function loadsChoices(field: FormField): boolean {
  return field.hasOptions && WITH_ALL_CHOICES.has(controlOf(field));
}

/** Whether a control consists of several inputs. */
export function isGroup(control: FormControl): boolean {
  return GROUPS.has(control);
}

/** Returns the kind of value that `useField()` binds. The server converts what a text stands for. */
export function valueKindOf({ kind, nullable }: FormField): FieldKind {
  switch (kind) {
    case "integer":
    case "float":
      return "number";
    case "boolean":
      return nullable ? "text" : "boolean";
    case "datetime":
      return "date";
    case "manyToMany":
      return "list";
    default:
      return "text";
  }
}

/** Attributes of an input that follow from its field. */
export interface ControlAttributes {
  readonly type?: string;
  readonly inputMode?: "numeric";
  readonly step?: number | "any";
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly multiple?: true;
}

/** Returns the attributes of the control of a field. */
export function attributesOf(field: FormField): ControlAttributes {
  const { kind, widget, min, max, maxLength, scale } = field;
  const control = controlOf(field);
  switch (control) {
    case "text":
      if (kind === "bigInteger" || kind === "integer") return { type: "text", inputMode: "numeric" };
      return { type: TEXT_TYPES.has(widget) ? widget : "text", maxLength };
    case "textarea":
      return { maxLength: kind === "json" ? undefined : maxLength };
    case "number":
      return { type: "number", min, max, step: stepOf(kind, scale) };
    case "date":
    case "time":
    case "checkbox":
    case "radio":
      return { type: control };
    case "datetime":
      return { type: "datetime-local" };
    case "checkboxes":
      return { type: "checkbox" };
    case "multiselect":
      return { multiple: true };
    default:
      return {};
  }
}

function stepOf(kind: string, scale: number | undefined): number | "any" {
  if (kind === "integer") return 1;
  return kind === "decimal" && scale !== undefined ? Number(`1e-${scale}`) : "any";
}
