import { DateTimeType } from "@mikro-orm/core";
import { modelErrors } from "../errors.ts";
import { portableOptions } from "./portable-types.ts";

/** Digits of a second that rows hold. */
const FINEST_SECOND = 3;

/** A property's options as its builder holds them; what we read of the ORM's own type. */
export interface DeclaredProperty {
  readonly kind?: string;
  readonly entity?: () => unknown;
  readonly type?: unknown;
  readonly primary?: boolean;
  readonly autoincrement?: boolean;
  readonly nullable?: boolean;
  readonly hidden?: boolean;
  readonly lazy?: boolean;
  readonly version?: boolean;
  readonly persist?: boolean;
  readonly generated?: unknown;
  readonly formula?: unknown;
  readonly array?: boolean;
  readonly object?: boolean;
  readonly enum?: boolean;
  readonly items?: unknown;
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  readonly unsigned?: boolean;
  readonly default?: unknown;
  readonly defaultRaw?: string;
  readonly onCreate?: unknown;
  readonly onUpdate?: unknown;
  readonly unique?: boolean | string;
  readonly name?: string;
  readonly fieldName?: string;
  readonly fieldNames?: readonly string[];
  readonly joinColumn?: string;
  readonly joinColumns?: readonly string[];
  readonly mappedBy?: unknown;
  readonly owner?: boolean;
}

/** The properties of a model by name; each is read on demand, since a relation's target may be declared later. */
export type DeclaredProperties = { readonly [name: string]: () => DeclaredProperty };

interface Builder {
  readonly "~options": DeclaredProperty;
}

/**
 * The properties for the ORM, alike on every database, and the options as they were declared, which the ORM never sees.
 *
 * @throws MODEL_DATETIME_TOO_FINE
 */
export function declaredProperties(
  model: string,
  properties: Readonly<Record<string, unknown>>,
): {
  readonly builders: Record<string, unknown>;
  readonly properties: DeclaredProperties;
} {
  const builders: Record<string, unknown> = {};
  const declared: Record<string, () => DeclaredProperty> = {};
  for (const [name, value] of Object.entries(properties)) {
    let known: DeclaredProperty | undefined;
    const read = () => {
      known ??= optionsOf(typeof value === "function" ? value() : value);
      return known;
    };
    const forOrm = () => {
      const options = read();
      const { type, length = 0 } = options;
      if (type === DateTimeType && length > FINEST_SECOND)
        throw modelErrors.MODEL_DATETIME_TOO_FINE(model, name, length);
      return { "~options": { ...portableOptions(options) } };
    };
    declared[name] = read;
    builders[name] = typeof value === "function" ? forOrm : forOrm();
  }
  return { builders, properties: declared };
}

function optionsOf(builder: unknown): DeclaredProperty {
  const { "~options": options } = builder as Builder;
  return options ?? (builder as DeclaredProperty);
}
