import { AntiphonError, hasCode } from "../../errors.ts";
import { atomic } from "../../models/database/atomic.ts";
import { modelErrors } from "../../models/errors.ts";
import { objects, type QuerySet } from "../../models/query/query-set.ts";
import type { KeyOf, Row } from "../../models/query/query-set-types.ts";
import { fieldOf } from "../../models/schema/field-info.ts";
import { modelWord } from "../../models/schema/labels.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { markBase } from "../../state/class-info.ts";
import { onFieldWrite } from "../../state/field-hook.ts";
import type { FieldMessages } from "../../state/refusals.ts";
import { afterCommit } from "../core/after-commit.ts";
import { showMessages } from "../core/crud-base.ts";
import { keyFrom } from "../core/row-key.ts";
import { assertRowAllowed, isAllowed, openContext, runAction } from "../core/run-action.ts";
import { assertFeature, indexOfRow, readVar, specOf, writeVar } from "../core/state-vars.ts";
import { FORM_EVENTS, LIST_EVENTS } from "../definition/event-tables.ts";
import { capitalized } from "../definition/names.ts";
import { type CrudArguments, CrudList } from "../lists/crud-list.ts";
import { showDeleted, showMissing, showSaved } from "../lists/patch-rows.ts";
import type { CrudContext } from "../types/context.ts";
import type { CleanValues, NewRow } from "../types/options.ts";
import { cleanForm, type FormErrors, runValidators } from "./clean-form.ts";
import {
  changedValues,
  editedRow,
  keepAsNew,
  keysOnly,
  type PlainRow,
  rememberEdited,
  showConflict,
  shownValues,
  showRow,
} from "./edited-row.ts";
import { copyForm, editingIdOf, emptyForm, takeTheirs } from "./form-vars.ts";
import { findOptions, showChosen } from "./relation-options.ts";
import { assertVersion, isInScope, readMembers, updatedRow } from "./write-row.ts";

/**
 * The methods and hooks of data states. `ModelState()`, `ModelCRUDView()` and `ModelListView()` make classes of it that have
 * vars and events.
 *
 * Override its methods and hooks with `super`; names that are made of the model, such as `saveNote`, call them.
 */
export abstract class CrudState<
  M extends ModelClass = ModelClass,
  R extends object = object,
  A extends CrudArguments = CrudArguments,
> extends CrudList<M, R, A> {
  static {
    markBase(CrudState);
  }
  static override events: object = { ...LIST_EVENTS, ...FORM_EVENTS };

  /**
   * Returns the row with a key among those of `getQueryset()`. Another user's row is not found, like one that does not
   * exist.
   *
   * @throws QUERY_NOT_FOUND
   */
  protected async getObject(id: string | number): Promise<Row<M>> {
    const { model, options } = specOf(this);
    const key = keyFrom(model, id);
    if (key === undefined) throw modelErrors.QUERY_NOT_FOUND(modelWord(model));
    const scope = this.getQueryset() as unknown as QuerySet<ModelClass>;
    const complete = scope.related(...((options.related ?? []) as readonly never[]));
    const row = await complete.get(key as never);
    return { ...(row as object), ...(await readMembers(this, scope, key)) } as unknown as Row<M>;
  }

  /** Returns the rows that a relation of the form may name. Rows outside of it are refused, and are not among the options. */
  protected getRelationQueryset(field: string): QuerySet<ModelClass> {
    const relation = fieldOf(specOf(this).model, field)?.relation;
    if (relation === undefined) throw modelErrors.QUERY_FIELD_UNKNOWN(specOf(this).model.name, field, "relate");
    return objects(relation.target());
  }

  /** Returns the values of a new row: what the form holds, and what your code adds. */
  protected getCreateValues(_context: CrudContext, data: NewRow<M>): NewRow<M> | Promise<NewRow<M>> {
    return data;
  }

  /** Returns the values that an update writes: those that differ from the saved row. */
  protected getUpdateValues(_context: CrudContext, row: Row<M>, data: NewRow<M>): NewRow<M> | Promise<NewRow<M>> {
    return changedValues(this, row as unknown as PlainRow, data as unknown as PlainRow) as unknown as NewRow<M>;
  }

  /** Writes a new row and returns it. */
  protected async performCreate(_context: CrudContext, values: NewRow<M>): Promise<Row<M>> {
    return await objects(specOf(this).model as M).create(values as never);
  }

  /**
   * Writes changed values of a row and returns the row.
   *
   * @throws DATABASE_CONFLICT when the model has a version and another user has saved the row meanwhile
   */
  protected async performUpdate(_context: CrudContext, row: Row<M>, values: NewRow<M>): Promise<Row<M>> {
    const written = await updatedRow(this, row as unknown as PlainRow, values as unknown as PlainRow);
    return written as unknown as Row<M>;
  }

  /** Deletes a row. */
  protected async performDelete(_context: CrudContext, row: Row<M>): Promise<unknown> {
    const { model, modelFields } = specOf(this);
    const key = (row as unknown as PlainRow)[modelFields.primary.name];
    const deleted = await this.getQueryset()
      .filter({ [modelFields.primary.name]: key } as never)
      .delete();
    if (deleted === 0) throw modelErrors.QUERY_NOT_FOUND(modelWord(model));
    return undefined;
  }

  /** Fills the vars of the form from a row. */
  protected populateEditState(_context: CrudContext, row: Row<M>): unknown {
    showRow(this, row as unknown as PlainRow);
    return undefined;
  }

  /**
   * Cleans one value of the form, and returns it. It calls `cleanTitle(value)` for the field `title` where your class has
   * that method; throw `fieldErrors({ title: "…" })` there to refuse the value.
   */
  protected async cleanField(name: string, value: unknown): Promise<unknown> {
    const clean = (this as unknown as Record<string, unknown>)[`clean${capitalized(name)}`];
    if (typeof clean !== "function") return value;
    const cleaned: unknown = await clean.call(this, value);
    if (cleaned instanceof AntiphonError) throw cleaned;
    return cleaned === undefined ? value : cleaned;
  }

  /**
   * Checks the form as a whole, after its fields. Returns messages by field, `""` for the form; they join those of the
   * fields. It may be async, and runs the option `validators`.
   */
  protected validateState(
    context: CrudContext,
    data: CleanValues<M>,
  ): FieldMessages | undefined | Promise<FieldMessages | undefined> {
    return runValidators(specOf(this).options.validators ?? [], data, context);
  }

  /** Shows the errors of a form: its fields and `editingId` stay as they are. */
  protected onStateInvalid(_context: CrudContext, errors: FormErrors): unknown {
    const { "": form = "", ...byVar } = errors;
    showMessages(this, [form], byVar);
    return undefined;
  }

  /** Runs when a form has passed its checks, before it is written. It may return changed data. */
  protected onStateValid(_context: CrudContext, _data: NewRow<M>): unknown {
    return undefined;
  }

  /** Runs after a row was written, in the same transaction. `save` answers with the effect that it returns, such as a toast. */
  protected onSaveSuccess(_context: CrudContext, _row: Row<M>): unknown {
    return undefined;
  }

  /** Runs after a var of the form was set from the page. */
  protected onStateFieldChange(_name: string, _value: unknown): unknown {
    return undefined;
  }

  /** Sets a var of the form. Every setter and every bound input comes here with a converted value. */
  protected async setField(name: string, value: unknown): Promise<unknown> {
    (this as unknown as Record<string, unknown>)[name] = value;
    const errors = readVar<Record<string, string>>(this, "fieldErrors");
    if (Object.hasOwn(errors, name)) delete errors[name];
    return await this.onStateFieldChange(name, value);
  }

  async [onFieldWrite](name: string, value: unknown): Promise<unknown> {
    const { names, features } = specOf(this);
    if (features.has("search") && name === names.search) return await this.setSearch(value as string);
    if (specOf(this).fieldVars.has(name)) return await this.setField(name, value);
    (this as unknown as Record<string, unknown>)[name] = value;
    return undefined;
  }

  /** Empties the form: its first values, a new row, no errors, another `formKey`. */
  protected resetFields(): void {
    emptyForm(this);
    this.bumpFormKey();
  }

  /** Changes `formKey`, so that the form of the page is mounted again. */
  protected bumpFormKey(): void {
    writeVar(this, "formKey", readVar<number>(this, "formKey") + 1);
  }

  protected override async perform(context: CrudContext): Promise<unknown> {
    if (context.action === "loadList") return await super.perform(context);
    writeVar(this, "error", "");
    if (context.action === "save") return await this.#save(context);
    if (context.action === "delete") return await this.#delete(context);
    if (context.action === "startEdit") return await this.#open(context);
    this.resetFields();
    return undefined;
  }

  protected override handleException(context: CrudContext, error: unknown): unknown {
    return this.#afterFailure(context, error, super.handleException(context, error));
  }

  async #afterFailure({ id }: CrudContext, error: unknown, shown: unknown): Promise<unknown> {
    const answer: unknown = await shown;
    if (id === null) return answer;
    if (hasCode(error, "DATABASE_CONFLICT")) await this.#showConflict(id);
    else if (hasCode(error, "QUERY_NOT_FOUND")) await this.#letGo(id);
    return answer;
  }

  /** Opens the form of a row. */
  async startEdit(id: KeyOf<M>): Promise<unknown> {
    assertFeature(this, "update");
    return await this.dispatch("startEdit", id as string | number);
  }

  /** The same as `startEdit`. */
  async load(id: KeyOf<M>): Promise<unknown> {
    return await this.startEdit(id);
  }

  /** Opens an empty form for a new row. */
  create(): unknown {
    assertFeature(this, "form");
    this.resetFields();
    return undefined;
  }

  /** Leaves the form without saving it. */
  async cancelEdit(): Promise<unknown> {
    assertFeature(this, "form");
    return await this.dispatch("cancelEdit");
  }

  /** Saves the form: a new row, or the one that is edited. Errors end up in the vars. */
  async save(): Promise<unknown> {
    assertFeature(this, "form");
    const id = editingIdOf(this);
    const { features, model } = specOf(this);
    if (id === null && features.has("update") && !features.has("create")) {
      const context: CrudContext = { action: "save", id, isNew: false, user: this.user };
      return await this.handleException(context, modelErrors.QUERY_NOT_FOUND(modelWord(model)));
    }
    return await this.dispatch("save", id);
  }

  /** Takes the values of a submitted form and saves them. Names that are no fields of the form are passed over. */
  async saveForm(values: object): Promise<unknown> {
    assertFeature(this, "form");
    const errors = await copyForm(this, values, (name, value) => this.setField(name, value));
    if (errors === undefined) return await this.save();
    const id = editingIdOf(this);
    return await this.onStateInvalid({ action: "save", id, isNew: id === null, user: this.user }, errors);
  }

  /** Deletes a row; without a key the one that is edited. */
  async remove(id?: KeyOf<M> | null): Promise<unknown> {
    assertFeature(this, "delete");
    const key =
      (id as string | number | null | undefined) ?? (specOf(this).features.has("form") ? editingIdOf(this) : null);
    return key === null ? undefined : await this.dispatch("delete", key);
  }

  /** Ends a conflict: saves what this form has changed on top of the other user's values, or shows theirs. */
  async resolveConflict(choice: "mine" | "theirs"): Promise<unknown> {
    assertFeature(this, "update");
    const id = editingIdOf(this);
    if (id === null || readVar(this, "conflict") === null) return undefined;
    if (choice === "theirs") return await this.dispatch("startEdit", id);
    const context = openContext(id, this.user);
    let isTaken = false;
    const answer = await runAction(this, context, async () => {
      takeTheirs(this, (await this.#openable(context)) as unknown as PlainRow);
      isTaken = true;
    });
    return isTaken ? await this.save() : answer;
  }

  /** Finds rows that a relation may name, by a text. The first are found by an empty one. */
  async searchOptions(field: A["relation"], text: string): Promise<unknown> {
    const id = specOf(this).features.has("form") ? editingIdOf(this) : null;
    const isNew = id === null && specOf(this).features.has("create");
    const context: CrudContext = { action: isNew ? "save" : "startEdit", id, isNew, user: this.user };
    return await runAction(this, context, () => findOptions(this, field, text));
  }

  /** Returns the row that the form shows, if the user may open it. */
  async #openable(context: CrudContext): Promise<Row<M>> {
    const row = await this.getObject(context.id as string | number);
    await assertRowAllowed(this, context, row);
    return row;
  }

  async #open(context: CrudContext): Promise<void> {
    const row = await this.#openable(context);
    emptyForm(this);
    writeVar(this, "editingId", (row as unknown as PlainRow)[specOf(this).modelFields.primary.name]);
    rememberEdited(this, row as unknown as PlainRow);
    await this.populateEditState(context, row);
    await showChosen(this);
    this.bumpFormKey();
  }

  async #save(context: CrudContext): Promise<unknown> {
    assertFeature(this, context.isNew ? "create" : "update");
    writeVar(this, "fieldErrors", {});
    writeVar(this, "conflict", null);
    const stored = await atomic(() => this.#store(context));
    if (stored === undefined) return undefined;
    const { primary } = specOf(this).modelFields;
    const key = (stored.row as unknown as PlainRow)[primary.name] as string | number;
    await afterCommit(this, () =>
      specOf(this).options.resetAfterSave === false ? this.#keepOpen(key) : this.resetFields(),
    );
    await afterCommit(this, () => showSaved(this, { isNew: context.isNew, key }));
    return stored.answer;
  }

  async #store(context: CrudContext): Promise<{ row: Row<M>; answer: unknown } | undefined> {
    const before = context.isNew ? undefined : await this.#openable(context);
    const { values, errors } = await cleanForm(this, context, before && keysOnly(this, before));
    if (Object.keys(errors).length > 0) {
      // What another user has saved may be what is wrong: their values come first.
      if (before !== undefined) assertVersion(this, before as unknown as PlainRow);
      await this.onStateInvalid(context, errors);
      return undefined;
    }
    const data = ((await this.onStateValid(context, values as unknown as NewRow<M>)) ?? values) as NewRow<M>;
    const row =
      before === undefined
        ? await this.performCreate(context, await this.getCreateValues(context, data))
        : await this.performUpdate(context, before, await this.getUpdateValues(context, before, data));
    return { row, answer: await this.onSaveSuccess(context, row) };
  }

  /** The form stays open: what is saved next is a change of the same row. One that has left the scope is closed. */
  async #keepOpen(key: string | number): Promise<void> {
    writeVar(this, "editingId", key);
    const shown = shownValues(this);
    // Whatever happens below, the next save must neither create the row again nor write values that were not typed since.
    rememberEdited(this, { [specOf(this).modelFields.primary.name]: key }, shown);
    if (!(await isInScope(this, key))) return this.resetFields();
    const row = await this.getObject(key);
    const context = openContext(key, this.user);
    if (!(await isAllowed(this, context, row))) return rememberEdited(this, row as unknown as PlainRow, shown);
    // Hooks and the database may have stored other values than those of the form, which the next save would write back.
    await this.populateEditState(context, row);
    rememberEdited(this, row as unknown as PlainRow);
    await showChosen(this);
  }

  async #delete(context: CrudContext): Promise<unknown> {
    const { primary } = specOf(this).modelFields;
    const { key, answer } = await atomic(async () => {
      const row = await this.#openable(context);
      const deleted = await this.performDelete(context, row);
      return { key: (row as unknown as PlainRow)[primary.name] as string | number, answer: deleted };
    });
    if (editedRow(this, key)) await afterCommit(this, () => this.resetFields());
    await afterCommit(this, () => showDeleted(this, key));
    return answer;
  }

  /** Shows what another user has saved to those who may open the row. */
  async #showConflict(id: string | number): Promise<void> {
    const edited = editedRow(this, id);
    if (edited === undefined) return;
    try {
      const row = await this.getObject(id);
      if (!(await isAllowed(this, openContext(id, this.user), row))) return;
      showConflict(this, edited, row as unknown as PlainRow);
      await showChosen(this);
    } catch (error) {
      if (!hasCode(error, "QUERY_NOT_FOUND")) throw error;
      await this.#letGo(id);
    }
  }

  /**
   * A row that does not exist any more leaves the list. If the form shows it, what was typed becomes a new row: it can be
   * saved or cancelled.
   */
  async #letGo(id: string | number): Promise<void> {
    const isListed = specOf(this).features.has("list") && indexOfRow(this, id) !== -1;
    const isEdited = editedRow(this, id) !== undefined;
    if (!isListed && !isEdited) return;
    const key = keyFrom(specOf(this).model, id);
    // The error may be about another row, which a hook has looked for.
    if (key !== undefined && (await isInScope(this, key))) return;
    if (isEdited) keepAsNew(this);
    if (isListed) await showMissing(this);
  }
}
