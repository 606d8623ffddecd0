import { isPlainObject } from "../../protocol/values.ts";

/** Result of moving a tab's states to reloaded classes. */
export interface ReplacedClasses {
  /** Ids of the states that must be sent whole. */
  readonly replaced: readonly string[];
  /** Names of the vars whose written values do not fit the new class. */
  readonly reset: readonly string[];
}

/** Fate of a var when its class was reloaded. */
export type Fate = "keep" | "renew" | "reset";

/**
 * Decides what becomes of a var's value when its class was loaded again:
 *
 * - `renew`: it is still the old class's first value, or a function or an instance of the old code, so the new class's
 *   first value takes its place;
 * - `keep`: it was changed, and the code of the new class can still read it;
 * - `reset`: it was changed, and no longer has the shape that the new class's first value shows.
 */
export function fateOf(value: unknown, before: unknown, now: unknown): Fate {
  if (isOldCode(value, now)) return "renew";
  // The author has not edited this var, so its type is as it was.
  if (isSame(before, now)) return "keep";
  if (isSame(value, before)) return "renew";
  if (fits(value, now)) return "keep";
  // A value of another type than the first one, as a union allows: the edit has not changed the type.
  return !fits(value, before) && fits(before, now) && fits(now, before) ? "keep" : "reset";
}

/** Returns whether a value is a function, or an instance of an older version of a class. */
function isOldCode(value: unknown, now: unknown): boolean {
  if (typeof value === "function") return typeof now === "function";
  if (kindOf(value) !== kindOf(now) || isPlainObject(value) || typeof value !== "object" || value === null)
    return false;
  return value.constructor !== (now as object).constructor && !(value instanceof Date);
}

/** Returns whether two values hold the same data; other objects, such as instances of classes, are only the same as themselves. */
function isSame(first: unknown, second: unknown): boolean {
  if (Object.is(first, second)) return true;
  if (kindOf(first) !== kindOf(second)) return false;
  if (first instanceof Date && second instanceof Date) return first.getTime() === second.getTime();
  if (Array.isArray(first) && Array.isArray(second)) return isSameList(first, second);
  if (first instanceof Map && second instanceof Map) {
    return isSameList([...first.keys()], [...second.keys()]) && isSameList([...first.values()], [...second.values()]);
  }
  if (first instanceof Set && second instanceof Set) return isSameList([...first], [...second]);
  if (isPlainObject(first) && isPlainObject(second)) {
    const names = Object.keys(first);
    return (
      names.length === Object.keys(second).length &&
      names.every((name) => Object.hasOwn(second, name) && isSame(first[name], second[name]))
    );
  }
  return false;
}

function isSameList(first: readonly unknown[], second: readonly unknown[]): boolean {
  return first.length === second.length && first.every((item, index) => isSame(item, second[index]));
}

/**
 * Returns whether code that is written for `pattern` can read `value`: the same kinds, every key of the pattern's objects, and each
 * item like one of the pattern's items. Null and an empty list say nothing about a type, so anything fits them.
 */
function fits(value: unknown, pattern: unknown): boolean {
  if (isNothing(value) || isNothing(pattern)) return true;
  if (kindOf(value) !== kindOf(pattern)) return false;
  if (Array.isArray(value) && Array.isArray(pattern)) return eachFits(value, pattern);
  if (value instanceof Map && pattern instanceof Map) {
    return eachFits([...value.keys()], [...pattern.keys()]) && eachFits([...value.values()], [...pattern.values()]);
  }
  if (value instanceof Set && pattern instanceof Set) return eachFits([...value], [...pattern]);
  if (isPlainObject(value) && isPlainObject(pattern)) {
    return Object.keys(pattern).every((name) => Object.hasOwn(value, name) && fits(value[name], pattern[name]));
  }
  return true;
}

function eachFits(items: readonly unknown[], patterns: readonly unknown[]): boolean {
  return patterns.length === 0 || items.every((item) => patterns.some((pattern) => fits(item, pattern)));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  if (value instanceof Date) return "Date";
  return Array.isArray(value) ? "Array" : (Object.getPrototypeOf(value)?.constructor?.name ?? "Object");
}
