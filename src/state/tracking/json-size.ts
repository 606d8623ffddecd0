/** About how many bytes of memory an object or a list takes besides what is in it. */
export const CONTAINER_BYTES = 64;

/**
 * Returns about how many bytes a value takes as JSON; with `container`, about how many in memory. Stops counting, with a
 * number above the limit, once the limit is passed.
 */
export function jsonSize(value: unknown, limit: number, container = 2): number {
  switch (typeof value) {
    case "string":
      return value.length + 2;
    case "number":
      return Number.isInteger(value) && Math.abs(value) < 1e6 ? 1 + Math.floor(Math.log10(Math.abs(value) || 1)) : 8;
    case "boolean":
      return 5;
    case "object":
      break;
    default:
      return 8;
  }
  if (value === null) return 4;
  if (value instanceof Date) return 23;
  let size = container;
  const count = (item: unknown) => {
    size += 1 + jsonSize(item, limit - size, container);
    return size <= limit;
  };
  if (Array.isArray(value)) {
    value.every(count);
  } else if (value instanceof Map) {
    size += 9;
    for (const [key, item] of value) {
      size += 4 + String(key).length;
      if (!count(item)) break;
    }
  } else if (value instanceof Set) {
    size += 9;
    for (const item of value) if (!count(item)) break;
  } else {
    for (const key of Object.keys(value)) {
      size += key.length + 3;
      if (!count((value as Record<string, unknown>)[key])) break;
    }
  }
  return size;
}
