import { useEffect, useRef } from "react";
import type { FormField } from "../../protocol/form-fields.ts";
import type { Formats } from "../../protocol/formats.ts";
import type { StateClassShape } from "../../state/client-view.ts";
import { isSameValue } from "../fields/field-value.ts";
import { useFormat, useI18n } from "../hooks/use-i18n.ts";
import { useServerState } from "../hooks/use-server-state.ts";
import { useTexts } from "../hooks/use-texts.ts";
import { describeState, useRuntime } from "../pages/page-runtime.ts";
import { baselineOf } from "./form-baseline.ts";
import { formOf, formVar, type Vars } from "./form-state.ts";

/** A field that another user has changed while the form was open. */
export interface ConflictField {
  /** Name of the field's var. */
  readonly name: string;
  readonly label: string;
  /** Value of this form, as a user reads it; undefined if only the other user has changed the field, whose value then stays. */
  readonly mine: string | undefined;
  /** Value that the other user has saved. */
  readonly theirs: string;
}

/** A conflict of a form, as `useModelConflict()` gives it. */
export interface ModelConflictView {
  readonly fields: readonly ConflictField[];
  /** Saves what this form has changed on top of the other user's values, or shows theirs in the form. */
  readonly resolve: (choice: "mine" | "theirs") => Promise<void>;
}

/**
 * Tells what another user has saved while a row was edited; undefined while there is no conflict.
 *
 * @throws CLIENT_FORM_MISSING, CLIENT_NOT_A_STATE.
 * @example
 * const conflict = useModelConflict(NotesState);
 * return conflict && <button onClick={() => conflict.resolve("mine")}>Save mine</button>;
 */
export function useModelConflict<C extends StateClassShape>(state: C): ModelConflictView | undefined {
  const runtime = useRuntime("useModelConflict");
  const info = describeState(runtime, "useModelConflict", state);
  const form = formOf(info, "useModelConflict");
  const { t } = useI18n();
  const texts = useTexts();
  const format = useFormat();
  const view = useServerState(state) as unknown as Vars;
  const changed = baselineOf(runtime, info, form).changed(view);
  const theirs = formVar(form, view, "conflict") as Vars | null | undefined;
  if (!theirs) return undefined;
  const options = (formVar(form, view, "relationOptions") ?? {}) as Options;
  const fields = Object.entries(theirs).flatMap(([name, value]) => {
    const field = form.fields[name];
    if (field === undefined) return [];
    const reader = { t, format, yes: texts("Yes"), no: texts("No"), empty: texts("Empty"), options: options[name] };
    return {
      name,
      label: t(field.label),
      mine:
        changed.includes(name) && !isSameValue(value, view[name]) ? shownValue(field, view[name], reader) : undefined,
      theirs: shownValue(field, value, reader),
    };
  });
  return { fields, resolve: (choice) => runtime.states.event(info, "resolveConflict")(choice) };
}

/** Props of `<ModelConflict>`. */
export interface ModelConflictProps<C extends StateClassShape> {
  readonly state: C;
}

/**
 * Shows what another user has saved while a row was edited, and lets the user choose. It shows nothing while there is no
 * conflict, and takes the focus when there is one.
 *
 * @throws CLIENT_FORM_MISSING, CLIENT_NOT_A_STATE.
 * @example
 * <ModelConflict state={NotesState} />
 */
export function ModelConflict<C extends StateClassShape>({ state }: ModelConflictProps<C>) {
  const conflict = useModelConflict(state);
  const texts = useTexts();
  const format = useFormat();
  const section = useRef<HTMLElement>(null);
  const isShown = conflict !== undefined;
  useEffect(() => {
    if (isShown) section.current?.focus();
  }, [isShown]);
  if (!conflict) return null;
  const disputed = conflict.fields.filter(({ mine }) => mine !== undefined);
  const kept = conflict.fields.filter(({ mine }) => mine === undefined).map(({ label }) => label);
  const heading = texts("Save your changes on top of theirs, or use their version?");
  return (
    <section ref={section} tabIndex={-1} className="model-conflict" aria-label={heading}>
      <p>{heading}</p>
      {disputed.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{texts("Field")}</th>
              <th scope="col">{texts("Your version")}</th>
              <th scope="col">{texts("Their version")}</th>
            </tr>
          </thead>
          <tbody>
            {disputed.map(({ name, label, mine, theirs }) => (
              <tr key={name}>
                <th scope="row">{label}</th>
                <td>{mine}</td>
                <td>{theirs}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {kept.length > 0 && <p>{texts("Their changes stay either way: {{fields}}", { fields: format.list(kept) })}</p>}
      <p className="model-actions">
        <button type="button" onClick={() => conflict.resolve("mine")}>
          {texts("Save my changes")}
        </button>{" "}
        <button type="button" onClick={() => conflict.resolve("theirs")}>
          {texts("Use their version")}
        </button>
      </p>
    </section>
  );
}

type Options = { readonly [name: string]: readonly { readonly value: unknown; readonly label: string }[] | undefined };

interface ValueReader {
  readonly t: (text: string) => string;
  readonly format: Formats;
  readonly yes: string;
  readonly no: string;
  readonly empty: string;
  readonly options: Options[string];
}

/** A value as a person reads it. */
function shownValue(field: FormField, value: unknown, reader: ValueReader): string {
  if (value === null || value === undefined || value === "") return reader.empty;
  if (Array.isArray(value)) {
    const items = value.map((item) => shownValue({ ...field, kind: "relation" }, item, reader));
    return items.length === 0 ? reader.empty : reader.format.list(items);
  }
  switch (field.kind) {
    case "boolean":
      return value === true ? reader.yes : reader.no;
    case "enum": {
      const choice = field.choices?.find((one) => one.value === value);
      return choice ? reader.t(choice.label) : String(value);
    }
    case "relation":
      return reader.options?.find((one) => String(one.value) === String(value))?.label ?? String(value);
    case "datetime":
      return reader.format.dateTime(value as Date);
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? reader.format.date(String(value)) : String(value);
    default:
      return String(value);
  }
}
