export { p } from "@mikro-orm/core";
export { type AtomicOptions, atomic } from "./database/atomic.ts";
export { announce, type Change, ChangeFeed, type ChangeListener, onChange } from "./database/change-feed.ts";
export { coercePk } from "./query/coerce-pk.ts";
export { markUntrusted } from "../untrusted.ts";
export { currentDatabase, entityManager, setDefaultDatabase, withDatabase } from "./database/context.ts";
export { Database, type DatabaseOptions, type Dialect, type QueryOutcome } from "./database/database.ts";
export { ConstraintError, type ConstraintKind, toDatabaseError } from "./database/database-errors.ts";
export {
  type FieldInfo,
  type FieldKind,
  type FieldRelation,
  fieldInfo,
  fieldOf,
  primaryField,
} from "./schema/field-info.ts";
export { fieldKinds, type KindRow, type ParseResult } from "./schema/field-kinds.ts";
export { modelLabel, modelLabelPlural } from "./schema/labels.ts";
export {
  type MigrateOptions,
  type MigrateProgress,
  type MigrateResult,
  type MigrationStatus,
  migrateDatabase,
  migrationStatus,
  pendingMigrations,
} from "./migrations/migrate.ts";
export type { MigrationDatabase, MigrationModule } from "./migrations/migration-file.ts";
export {
  type CleanProblems,
  type CleanValues,
  type FieldOptions,
  type Instance,
  isModelClass,
  type ModelClass,
  type ModelName,
  type ModelOptions,
  model,
  type OrderKey,
  type Validator,
} from "./schema/model.ts";
export type { DatabaseCaller, DatabaseLogger } from "./database/open-transactions.ts";
export type { Plain, PlainValue } from "./schema/plain.ts";
export { objects, QuerySet } from "./query/query-set.ts";
export type {
  Conditions,
  CreateData,
  EditableField,
  FieldName,
  KeyField,
  KeyOf,
  OrderPath,
  Page,
  PickedRow,
  PlainCreateData,
  PlainUpdateData,
  RelationField,
  RelationPath,
  Row,
  SearchPath,
  UpdateData,
  UpdateOptions,
  VisibleField,
} from "./query/query-set-types.ts";
export { scalar } from "./query/query-set-values.ts";
export {
  type CleanedData,
  cleanData,
  type FormField,
  type Problems,
  type ValidateOptions,
  validate,
  WHOLE_ROW,
} from "./validation/validate.ts";
export { email, maxLength, maxValue, minLength, minValue, oneOf, pattern, slug, url } from "./schema/validators.ts";
