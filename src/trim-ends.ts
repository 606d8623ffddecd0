/**
 * Returns a text without the given characters at its end.
 *
 * A loop, not a regular expression: `/[ \t]+$/` takes quadratic time on a text with a long run of blanks in its middle,
 * and such texts come from outside.
 *
 * @example
 * trimEnd("/notes//", "/"); // "/notes"
 */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/**
 * Returns a text without the given characters at both ends.
 *
 * @example
 * trimEnds(" \ta \t", " \t"); // "a"
 */
export function trimEnds(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text.charAt(start))) start++;
  return trimEnd(text.slice(start), characters);
}
