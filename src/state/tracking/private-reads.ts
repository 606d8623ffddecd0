/** Reading `#name` of anything: `object.#name`. The language shows it to nobody else, so the source is looked at. */
const PRIVATE_READ = /\.\s*#[\p{ID_Start}$_]/u;

const sources = new WeakMap<object, string>();
const answers = new WeakMap<object, WeakMap<object, boolean>>();

/**
 * Whether a method or getter of an instance may read `#private` fields, itself or by `super` or a static method of a class
 * that does.
 */
export function mayReadPrivate(code: object, instance: object): boolean {
  const prototype = Object.getPrototypeOf(instance) as object;
  let byClass = answers.get(code);
  if (!byClass) {
    byClass = new WeakMap();
    answers.set(code, byClass);
  }
  let answer = byClass.get(prototype);
  if (answer === undefined) {
    answer = PRIVATE_READ.test(sourceOf(code)) || asksPrivateReader(code, prototype);
    byClass.set(prototype, answer);
  }
  return answer;
}

function asksPrivateReader(code: object, prototype: object): boolean {
  const source = sourceOf(code);
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    const owner: unknown = at.constructor;
    if (typeof owner !== "function" || !PRIVATE_READ.test(sourceOf(owner))) continue;
    if (source.includes("super.") || (owner.name !== "" && source.includes(`${owner.name}.`))) return true;
  }
  return false;
}

function sourceOf(code: object): string {
  let source = sources.get(code);
  if (source === undefined) {
    source = Function.prototype.toString.call(code);
    sources.set(code, source);
  }
  return source;
}
