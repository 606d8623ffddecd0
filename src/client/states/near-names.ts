/**
 * Says what a wrong name may have meant: the nearest known names, or all of them when there are few.
 *
 * @example
 * nearNames("titel", ["title", "count"]); // "title" (of "title", "count")
 */
export function nearNames(wrong: string, known: readonly string[]): string {
  if (known.length === 0) return "no name: there is none yet";
  const sorted = [...known].sort((a, b) => distance(wrong, a) - distance(wrong, b));
  const nearest = sorted[0] as string;
  const isNear = distance(wrong, nearest) <= Math.max(2, Math.floor(wrong.length / 3));
  const shown = sorted.slice(0, 6).map((name) => `"${name}"`);
  const rest = sorted.length > shown.length ? ", …" : "";
  return isNear ? `"${nearest}" (of ${shown.join(", ")}${rest})` : `one of ${shown.join(", ")}${rest}`;
}

/** How many letters must be added, dropped or changed; upper and lower case count as the same. */
function distance(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + change));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
