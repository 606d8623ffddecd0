import {
  BlobType,
  DateTimeType,
  DecimalType,
  DoubleType,
  type EntityProperty,
  FloatType,
  IntegerType,
  JsonType,
  MediumIntType,
  type Platform,
  TextType,
  Uint8ArrayType,
} from "@mikro-orm/core";
import { BaseMySqlPlatform, SqlitePlatform } from "@mikro-orm/sql";
import { markParsed, markUntrusted } from "../../untrusted.ts";
import { modelErrors } from "../errors.ts";
import { decimalText, losesDigits } from "./numbers.ts";

/** The options of a property that its database's own types would change. */
interface TypedOptions {
  readonly type?: unknown;
  readonly length?: number;
}

/** MySQL's `text` ends at 64 KB, where the other databases have no bound. */
class LongText extends TextType {
  override getColumnType(property: EntityProperty, platform: Platform): string {
    return isMysql(platform) ? "longtext" : super.getColumnType(property, platform);
  }
}

/** MySQL's `blob` ends at 64 KB as well. */
class LongBlob extends BlobType {
  override getColumnType(property: EntityProperty, platform: Platform): string {
    return isMysql(platform) ? "longblob" : super.getColumnType(property, platform);
  }
}

class LongBytes extends Uint8ArrayType {
  override getColumnType(property: EntityProperty, platform: Platform): string {
    return isMysql(platform) ? "longblob" : super.getColumnType(property, platform);
  }
}

/** SQLite answers 12.5 where the others answer 12.50, and would round what has more digits than a double. */
class ExactDecimal extends DecimalType<"string"> {
  override convertToJSValue(value: string): string {
    return decimalText(value, this.prop?.scale);
  }

  override convertToDatabaseValue(value: unknown, platform: Platform): string {
    if (value === null || value === undefined) return value as never;
    const text = String(value);
    if (platform instanceof SqlitePlatform && losesDigits(text)) {
      throw modelErrors.MODEL_DECIMAL_LOSES_DIGITS(this.meta?.className ?? "?", this.prop?.name ?? "?", text);
    }
    return text;
  }
}

/** What a browser sent stays from outside when it comes back from its column. */
class StoredJson extends JsonType {
  override convertToJSValue(...given: Parameters<JsonType["convertToJSValue"]>): unknown {
    const value = super.convertToJSValue(...given);
    return typeof given[0] === "string" ? markParsed(value) : markUntrusted(value);
  }
}

/**
 * A property's options for the ORM, with types that hold the same values on every database: datetimes keep milliseconds,
 * floats are doubles, texts and bytes have no bound of their own, and integers exist everywhere.
 */
export function portableOptions<O extends TypedOptions>(options: O): O {
  const { type } = options;
  if (type === DateTimeType && options.length === undefined) return { ...options, length: 3 };
  if (type instanceof DecimalType && type.mode !== "number") return { ...options, type: new ExactDecimal("string") };
  if (type === JsonType) return { ...options, type: StoredJson };
  if (type === FloatType) return { ...options, type: DoubleType };
  if (type === MediumIntType) return { ...options, type: IntegerType };
  if (type === TextType) return { ...options, type: LongText };
  if (type instanceof TextType) return { ...options, type: new LongText(type.options) };
  if (type === BlobType) return { ...options, type: LongBlob };
  return type === Uint8ArrayType ? { ...options, type: LongBytes } : options;
}

function isMysql(platform: Platform): boolean {
  return platform instanceof BaseMySqlPlatform;
}
