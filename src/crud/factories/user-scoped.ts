import { isUserModel } from "../../auth/users/user-model.ts";
import type { QuerySet } from "../../models/query/query-set.ts";
import type { DeclaredField, Row } from "../../models/query/query-set-types.ts";
import { fieldOf } from "../../models/schema/field-info.ts";
import type { ModelClass } from "../../models/schema/model.ts";
import { specOfClass } from "../core/state-vars.ts";
import { crudErrors } from "../errors.ts";
import type { CrudContext } from "../types/context.ts";
import type { CrudTypes } from "../types/members.ts";
import type { NewRow } from "../types/options.ts";
import type { CrudClass } from "./define-class.ts";

/**
 * Limits a data state to the rows of the signed-in user: list, form, search, counts, updates, deletes and the options of
 * relations. New rows get the user. A row of another user is not found, like one that does not exist.
 *
 * `given` is the relation of the model to the user; `user` when absent. Relations to a model that has the same relation are limited to the
 * user's rows too. For other scopes, such as a team, override `getQueryset()` and `getCreateValues()`.
 *
 * @throws CRUD_SCOPE_INVALID
 * @example
 * export class NotesState extends UserScoped(ModelState(Note, { fields: ["title"] }), "user") {}
 */
export function UserScoped<B extends abstract new () => object>(base: B, given?: FieldOfBase<B>): B {
  const field: string = given ?? "user";
  const { model } = specOfClass(base);
  if (!refersToUser(model, field)) throw crudErrors.CRUD_SCOPE_INVALID(model.name, field);
  abstract class Scoped extends (base as unknown as CrudClass) {
    protected override getQueryset(): QuerySet<ModelClass> {
      return super.getQueryset().filter({ [field]: this.user } as never);
    }

    protected override getRelationQueryset(name: string): QuerySet<ModelClass> {
      const query = super.getRelationQueryset(name);
      return refersToUser(query.model, field) ? query.filter({ [field]: this.user } as never) : query;
    }

    protected override async getCreateValues(
      context: CrudContext,
      data: NewRow<ModelClass>,
    ): Promise<NewRow<ModelClass>> {
      return { ...(await super.getCreateValues(context, data)), [field]: this.user } as never;
    }

    protected override async getUpdateValues(
      context: CrudContext,
      row: Row<ModelClass>,
      data: NewRow<ModelClass>,
    ): Promise<NewRow<ModelClass>> {
      const { [field]: _, ...values } = await super.getUpdateValues(context, row, data);
      return values as never;
    }
  }
  return Scoped as unknown as B;
}

/** The fields of a data state's model. */
type FieldOfBase<B> = B extends { readonly "~crud"?: infer T }
  ? NonNullable<T> extends CrudTypes
    ? DeclaredField<NonNullable<T>["model"]>
    : string
  : string;

function refersToUser(model: ModelClass, name: string): boolean {
  const relation = fieldOf(model, name)?.relation;
  return relation?.owner === true && isUserModel(relation.target());
}
