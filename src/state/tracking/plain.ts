import { describe, isMapKey, isPlainObject, isUnsafeKey } from "../../protocol/values.ts";
import { keepOrigin } from "../../untrusted.ts";
import { stateErrors } from "../errors.ts";
import { assertSetMember } from "./set-member.ts";

const MAX_DEPTH = 60;

/**
 * Copies what a var holds as plain data, free of any tracking.
 *
 * Use it to hand a var's value to a library that clones, freezes or keeps it. Do not use it to read: reading needs no copy.
 *
 * @throws STATE_VALUE_NOT_SENDABLE for a function or class instance, STATE_VALUE_TOO_DEEP, each with the path to it.
 * @example
 * const rows = plain(this.rows); // safe to give to structuredClone()
 */
export function plain<T>(value: T, path = "The value"): T {
  return copy(value, path, []) as T;
}

function copy(value: unknown, root: string, trail: (string | number)[]): unknown {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") throw refuse(value, root, trail);
    return value;
  }
  if (trail.length >= MAX_DEPTH) throw stateErrors.STATE_VALUE_TOO_DEEP(root, MAX_DEPTH);
  const step = (child: unknown, key: string | number) => {
    trail.push(key);
    const result = copy(child, root, trail);
    trail.pop();
    return result;
  };
  if (Array.isArray(value))
    return keepOrigin(
      value,
      value.map((item, index) => step(item, index)),
    );
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Map) {
    return new Map(
      Array.from(value as Map<unknown, unknown>, ([key, item]): [unknown, unknown] => {
        if (!isMapKey(key)) throw refuse(key, root, trail);
        return [key, step(item, key)];
      }),
    );
  }
  if (value instanceof Set) {
    for (const member of value) assertSetMember(member, () => [root, ...trail].join("."));
    return new Set(value);
  }
  if (!isPlainObject(value)) throw refuse(value, root, trail);
  const result: Record<string, unknown> = keepOrigin(value, {});
  for (const key of Object.keys(value)) {
    if (isUnsafeKey(key)) throw refuse(value, root, [...trail, key]);
    result[key] = step(value[key], key);
  }
  return result;
}

function refuse(value: unknown, root: string, trail: readonly (string | number)[]): Error {
  return stateErrors.STATE_VALUE_NOT_SENDABLE([root, ...trail].join("."), describe(value));
}
