import type { ModelClass } from "../../models/schema/model.ts";
import type { Serializer } from "../../serializers/serializer.ts";
import { specOfClass } from "../core/state-vars.ts";
import { featuresOf } from "../definition/option-names.ts";
import type {
  Core,
  CrudTypes,
  DeleteMembers,
  DeleteStatics,
  FormMembers,
  FormStatics,
  ListMembers,
  ListStatics,
  UpdateStatics,
} from "../types/members.ts";
import type { CrudOptions, OnlyKnown } from "../types/options.ts";
import type { CrudStatics } from "../types/statics.ts";
import { type CrudClass, withFeatures } from "./define-class.ts";
import { type ModelViewTypes, viewClass } from "./model-view.ts";

/** A class of data states that a mixin may extend. */
export type MixinBase = (abstract new () => object) & {
  readonly events: object;
  readonly fields: object;
  readonly "~crud"?: CrudTypes;
};

type TypesOf<B extends MixinBase> = NonNullable<B["~crud"]>;

/** A class with the members and the tables of a mixin. */
export type Mixed<
  B extends MixinBase,
  Members,
  Events extends object,
  Fields extends object,
> = (abstract new () => InstanceType<B> & Members) &
  CrudStatics<TypesOf<B>, B["events"] & Events, B["fields"] & Fields>;

/**
 * Makes a state class with the hooks of data states and neither vars nor events; add them by mixins. `ModelCRUDView` has
 * all of them, so this is for a state that may create rows and not delete them, or the like.
 *
 * @throws CRUD_OPTION_INVALID
 * @example
 * export class TagAdminState extends CreateMixin(ListMixin(ModelView(TagSerializer, { permissionClasses: [IsAuthenticated] }))) {}
 */
export function ModelView<M extends ModelClass, R extends object, W extends string, const O extends CrudOptions<M>>(
  serializer: Serializer<M, R, W>,
  options: O & OnlyKnown<O, CrudOptions<M>> = {} as never,
): (abstract new () => Core<ModelViewTypes<M, R, W, O>>) & CrudStatics<ModelViewTypes<M, R, W, O>, object, object> {
  return viewClass(serializer, options, []) as never;
}

/** Adds the list, with search, order, filters and pages where the options name them. */
export function ListMixin<B extends MixinBase>(
  base: B,
): Mixed<B, ListMembers<TypesOf<B>>, ListStatics<TypesOf<B>>["events"], ListStatics<TypesOf<B>>["fields"]> {
  const { options } = specOfClass(base);
  return withFeatures(base as unknown as CrudClass, ["list", ...featuresOf(options)]) as never;
}

/** Adds the vars of a form, their setters, `create`, `cancelEdit` and `save`. Other mixins decide whether `save` creates or updates. */
export function StateFieldsMixin<B extends MixinBase>(
  base: B,
): Mixed<B, FormMembers<TypesOf<B>>, FormStatics<TypesOf<B>>["events"], FormStatics<TypesOf<B>>["fields"]> {
  return withFeatures(base as unknown as CrudClass, ["form"]) as never;
}

/** Adds the form, and lets it create rows. */
export function CreateMixin<B extends MixinBase>(
  base: B,
): Mixed<B, FormMembers<TypesOf<B>>, FormStatics<TypesOf<B>>["events"], FormStatics<TypesOf<B>>["fields"]> {
  return withFeatures(base as unknown as CrudClass, ["form", "create"]) as never;
}

/** Adds the form, and lets it open rows and change them. */
export function UpdateMixin<B extends MixinBase>(
  base: B,
): Mixed<
  B,
  FormMembers<TypesOf<B>>,
  FormStatics<TypesOf<B>>["events"] & UpdateStatics["events"],
  FormStatics<TypesOf<B>>["fields"]
> {
  return withFeatures(base as unknown as CrudClass, ["form", "update"]) as never;
}

/** Adds `remove`. */
export function DeleteMixin<B extends MixinBase>(
  base: B,
): Mixed<B, DeleteMembers<TypesOf<B>>, DeleteStatics<TypesOf<B>>["events"], object> {
  return withFeatures(base as unknown as CrudClass, ["delete"]) as never;
}
