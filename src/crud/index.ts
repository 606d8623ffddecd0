// Data pages: list, form, search, pages and permissions from one declaration.
export { ModelState } from "./factories/model-state.ts";
export { ModelCRUDView, ModelListView } from "./factories/model-view.ts";
export { CreateMixin, DeleteMixin, ListMixin, ModelView, StateFieldsMixin, UpdateMixin } from "./factories/mixins.ts";
export { UserScoped } from "./factories/user-scoped.ts";
export { CrudState } from "./editing/crud-state.ts";
export { AllowAny, IsAuthenticated, ModelPermissions, type Permission, type PermissionClass } from "./permissions.ts";
export type { CrudAction, CrudContext } from "./types/context.ts";
export type { FormErrors } from "./editing/clean-form.ts";
export type { FilterComparison, FilterValue, RelationChoice } from "./types/members.ts";
export type { FormValue } from "./types/form-value.ts";
export type {
  CleanValues,
  CrudOptions,
  CrudValidator,
  EventNames,
  ModelStateOptions,
  NewRow,
  RelationOption,
} from "./types/options.ts";
