export { p } from "@mikro-orm/core";
export { type AtomicOptions, atomic } from "./atomic.ts";
export { announce, type Change, ChangeFeed, type ChangeListener, onChange } from "./change-feed.ts";
export { coercePk } from "./coerce-pk.ts";
export { markUntrusted } from "../untrusted.ts";
export { currentDatabase, entityManager, setDefaultDatabase, withDatabase } from "./context.ts";
export { Database, type DatabaseOptions, type Dialect, type QueryOutcome } from "./database.ts";
export { ConstraintError, type ConstraintKind, toDatabaseError } from "./database-errors.ts";
export { type FieldInfo, type FieldKind, type FieldRelation, fieldInfo, fieldOf, primaryField } from "./field-info.ts";
export { fieldKinds, type KindRow, type ParseResult } from "./field-kinds.ts";
export { modelLabel, modelLabelPlural } from "./labels.ts";
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
} from "./model.ts";
export type { DatabaseCaller, DatabaseLogger } from "./open-transactions.ts";
export type { Plain, PlainValue } from "./plain.ts";
export { objects, QuerySet } from "./query-set.ts";
export type {
  Conditions,
  CreateData,
  FieldName,
  KeyOf,
  OrderPath,
  Page,
  PickedRow,
  PlainCreateData,
  PlainUpdateData,
  RelationPath,
  Row,
  SearchPath,
  UpdateData,
  UpdateOptions,
} from "./query-set-types.ts";
export { scalar } from "./query-set-values.ts";
export {
  type CleanedData,
  cleanData,
  type FormField,
  type Problems,
  type ValidateOptions,
  validate,
  WHOLE_ROW,
} from "./validate.ts";
export { email, maxLength, maxValue, minLength, minValue, oneOf, pattern, slug, url } from "./validators.ts";
