import { reportDiagnosticOnce } from "../diagnostics.ts";
import { clientErrors } from "../errors.ts";

/** A value of a form: text, or what names with `.`, `[0]` and `[]` put together. */
export type FormValue = string | readonly FormValue[] | FormValues;

/** Values of a form by name. A list for a name that ends in `[]` (without the `[]`) or that has several values. */
export interface FormValues {
  readonly [name: string]: FormValue;
}

/** The values of a form, and which input each of them is from. */
export interface ReadForm {
  readonly values: FormValues;
  /** Name of an input (`items[3].qty`) by the path of its value, as messages name it (`items.0.qty`). */
  readonly inputs: ReadonlyMap<string, string>;
}

type Step = string | number;
type Child = Branch | string | readonly string[] | undefined;

/**
 * An object or a list while it is put together. A Map, because `__proto__` is a name like any other, and because a list
 * may have an item of a number in the millions and no others.
 */
interface Branch {
  readonly isList: boolean;
  /** In the order of the names; undefined for an input that has no value. */
  readonly children: Map<Step, Child>;
}

/** How the name of an input ends whose values are always a list. */
const LIST = /\[\]$/;
const NAME = /^[^.[\]]+(?:\.[^.[\]]+|\[\d+\])*$/;
const STEP = /[^.[\]]+/g;
const DIGITS = /^\d+$/;
/** Deeper values cannot be sent. */
const MAX_STEPS = 32;

/**
 * Reads a form's named inputs. Files are left out, with CLIENT_FIELD_FILE in the console.
 *
 * `address.city` is the property `city` of the object `address`, `items[0].qty` the property of an item of a list. The
 * items of a list are in the order of their numbers and have no gaps. A name that fits neither form is one property.
 *
 * `names` are those of all inputs: of one that has no value, such as a box without a tick, the data does not tell.
 *
 * @example
 * readForm(new FormData(form)).values; // { title: "Milk", address: { city: "Ulm" }, tag: ["a", "b"] }
 */
export function readForm(data: FormData, names: readonly string[] = []): ReadForm {
  const root: Branch = { isList: false, children: new Map() };
  const places = placesOf(root, new Set([...names, ...data.keys()]));
  for (const [name, value] of data) {
    if (typeof value === "string") {
      put(root, places.get(name) ?? [name], value);
    } else if (value.name !== "" || value.size > 0) {
      // An empty file input is there as a file without a name: nothing is lost.
      reportDiagnosticOnce(clientErrors.CLIENT_FIELD_FILE(name), "app");
    }
  }
  const values = new Map<Branch, ReadonlyMap<Step, Step>>();
  const inputs = new Map([...places].map(([name, steps]) => [pathOf(root, steps, values), name]));
  return { values: valuesOf(root), inputs };
}

/** Finds the place of each input's value, and makes the objects and lists that hold them. */
function placesOf(root: Branch, names: ReadonlySet<string>): ReadonlyMap<string, readonly Step[]> {
  const places = new Map<string, readonly Step[]>();
  const wanted = [...names].map((name) => ({ name, steps: stepsOf(name.replace(LIST, "")) }));
  // Where one name is a part of another, the shorter one is the value, and the longer one is a property as it is written.
  for (const { name, steps } of wanted.sort((a, b) => a.steps.length - b.steps.length)) {
    const own = holderOf(root, steps) ? steps : [name.replace(LIST, "")];
    const { children } = holderOf(root, own) ?? root;
    const last = own.at(-1) as Step;
    if (!children.has(last)) children.set(last, undefined);
    if (LIST.test(name)) children.set(last, []);
    places.set(name, own);
  }
  return places;
}

function stepsOf(name: string): readonly Step[] {
  if (!NAME.test(name)) return [name];
  // Only a number in brackets is one of a list.
  const steps = [...name.matchAll(STEP)].map(({ 0: text, index }) =>
    DIGITS.test(text) && name[index - 1] === "[" ? Number(text) : text,
  );
  const isUsable = steps.length <= MAX_STEPS && steps.every((step) => typeof step === "string" || step < 2 ** 53);
  return isUsable ? steps : [name];
}

/** The object or list that holds the last step, made where it is missing; undefined where something else is. */
function holderOf(root: Branch, steps: readonly Step[]): Branch | undefined {
  let branch = root;
  for (const [position, step] of steps.slice(0, -1).entries()) {
    const isList = typeof steps[position + 1] === "number";
    if (!branch.children.has(step)) branch.children.set(step, { isList, children: new Map() });
    const next = branch.children.get(step);
    if (!isBranch(next) || next.isList !== isList) return undefined;
    branch = next;
  }
  return branch;
}

function isBranch(child: Child): child is Branch {
  return typeof child === "object" && "children" in child;
}

function put(root: Branch, steps: readonly Step[], value: string): void {
  const last = steps.at(-1) as Step;
  const holder = holderOf(root, steps);
  const before = holder?.children.get(last);
  if (!isBranch(before)) holder?.children.set(last, before === undefined ? value : [before, value].flat());
}

/** What has a value, of a list in the order of the numbers. */
function ordered({ isList, children }: Branch): [Step, Child][] {
  const entries = [...children].filter(([, child]) => child !== undefined);
  return isList ? entries.sort(([a], [b]) => Number(a) - Number(b)) : entries;
}

function valuesOf(branch: Branch): FormValues {
  return Object.fromEntries(ordered(branch).map(([step, child]) => [step, childValue(child)]));
}

function childValue(child: Child): FormValue {
  if (!isBranch(child)) return child ?? "";
  return child.isList ? ordered(child).map(([, item]) => childValue(item)) : valuesOf(child);
}

/** The path of a value: an item of a list goes by its position, which is not its number where there are gaps. */
function pathOf(root: Branch, steps: readonly Step[], known: Map<Branch, ReadonlyMap<Step, Step>>): string {
  let branch: Child = root;
  const path = steps.map((step) => {
    const holder = isBranch(branch) ? branch : root;
    const positions = known.get(holder) ?? new Map(ordered(holder).map(([key], position) => [key, position]));
    known.set(holder, positions);
    branch = holder.children.get(step);
    return holder.isList ? (positions.get(step) ?? step) : step;
  });
  return path.join(".");
}
