// Rows of models for pages, and data of forms for models.
export { ModelSerializer } from "./model-serializer.ts";
export { type ParseOptions, type RowInput, type RowsInput, Serializer } from "./serializer.ts";
export type {
  AnySerializer,
  ComputedFields,
  NestedSerializers,
  RowOf,
  SerializedRow,
  SerializerField,
  SerializerOptions,
  WritableField,
} from "./serializer-types.ts";
