/** Returns a value of the same kind with nothing in it. */
export function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  switch (typeof value) {
    case "string":
      return "";
    case "number":
      return 0;
    case "boolean":
      return false;
    case "object":
      return value === null || value instanceof Date ? null : {};
    default:
      return null;
  }
}
