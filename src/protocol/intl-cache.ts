const kept = new Map<string, unknown>();

/** Most objects that are kept; each takes some 10 KB. */
const MAX_KEPT = 500;

/**
 * Returns an object of `Intl`, made once for each id: it takes longer to make one than to format with it.
 *
 * @example
 * intlOnce(`number ${language}`, () => new Intl.NumberFormat(language)).format(1234);
 */
export function intlOnce<T extends object>(id: string, make: () => T): T {
  const known = kept.get(id) as T | undefined;
  if (known !== undefined) return known;
  if (kept.size >= MAX_KEPT) kept.clear();
  const made = make();
  kept.set(id, made);
  return made;
}
