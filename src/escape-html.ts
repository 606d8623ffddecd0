/**
 * Escapes a text for HTML: as the content of an element, or as the value of a quoted attribute.
 *
 * @example
 * escapeHtml("a < b"); // "a &lt; b"
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
