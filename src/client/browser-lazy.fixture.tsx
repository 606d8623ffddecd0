/** A page in a file of its own. */
export function LazyNotes() {
  return <h1>Lazy notes</h1>;
}
