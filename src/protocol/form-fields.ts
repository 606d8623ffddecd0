/** Types only: what a page knows of the form of a state, for inputs, labels and messages. */

/** One input of a form. */
export interface FormField {
  /** Name of the field in the model; the var may have another one. */
  readonly field: string;
  /** Kind of the field's values, for example `text`, `integer`, `datetime` or `relation`. */
  readonly kind: string;
  /** Name of the input that the model asks for. */
  readonly widget: string;
  /** Text that a person reads; also the key of its translation. */
  readonly label: string;
  readonly helpText?: string;
  /** Whether the form may not leave it empty. */
  readonly required: boolean;
  readonly nullable: boolean;
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  /** Decimal places. */
  readonly scale?: number;
  readonly choices?: readonly { readonly value: string | number; readonly label: string }[];
  /** Whether the event `searchOptions` finds the rows that the relation may name. */
  readonly hasOptions: boolean;
}

/** The form of a state. `Name` are the names of the vars that it edits. */
export interface FormInfo<Name extends string = string> {
  /** The name that each var of the state has: `list`, `error`, `fieldErrors`, `editingId` … */
  readonly vars: { readonly [name: string]: string };
  /** The inputs, by the names of their vars. */
  readonly fields: { readonly [K in Name]: FormField };
}
