import type { FormInfo } from "../../protocol/form-fields.ts";
import type { BridgeTier, Guard } from "../../state/event.ts";
import type { CrudTypes, DeleteStatics, FormStatics, ListStatics, NameOf, UpdateStatics } from "./members.ts";

/** The static side of a state class. */
export interface StateStatics<Events extends object, Fields extends object, FormNames extends string> {
  events: Events;
  fields: Fields;
  fieldsBelongTo: readonly string[];
  guard?: Guard;
  bridge?: BridgeTier;
  form?: FormInfo<FormNames>;
}

/** The static side of a data state. */
export type CrudStatics<T extends CrudTypes, Events extends object, Fields extends object> = StateStatics<
  Events,
  Fields,
  NameOf<T, T["field"]>
> & {
  /** Exists in types alone. */
  readonly "~crud"?: T;
};

/** The static side of a data state with list and form. */
export type FullStatics<T extends CrudTypes> = CrudStatics<
  T,
  ListStatics<T>["events"] & FormStatics<T>["events"] & UpdateStatics["events"] & DeleteStatics<T>["events"],
  ListStatics<T>["fields"] & FormStatics<T>["fields"]
>;
