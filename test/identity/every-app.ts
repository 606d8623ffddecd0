import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { authPageSettings, placePages, type UnplacedPage } from "../../dist/protocol/auth-pages.js";
import { isGuardRule } from "../../dist/protocol/page.js";
import { inspectApp, type RouteEntry } from "../../dist/server/assembly/inspect-app.js";
import { loadApp } from "../../dist/server/assembly/load-app.js";
import { type ClassInfo, classInfo, type StateClass } from "../../dist/state/class-info.js";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const FIXTURES = join(import.meta.dirname, "../fixtures");

/** Every example, so that a new one is tested without a new test, and the fixtures that are about users; by name and place. */
export const APPS: readonly (readonly [name: string, root: string])[] = [
  ...readdirSync(EXAMPLES).map((name) => join(EXAMPLES, name)),
  ...["closed-app", "identity-app", "reset-app"].map((name) => join(FIXTURES, name)),
]
  .filter((root) => existsSync(join(root, "antiphon.config.ts")))
  .map((root) => [`${basename(dirname(root))}/${basename(root)}`, root] as const);

/** A page, at an address that its route matches. */
export interface ReflectedPage {
  readonly path: string;
  readonly title: unknown;
  /** Of a rule what it needs; else "nothing" or "its own function". */
  readonly needs: string;
  /** What the guard says when nobody is signed in, if it is a function of the app's own. */
  judge(): unknown;
}

/** What an app has, found by looking at it. */
export interface Reflection {
  /** The app's own state classes and those that every app has. */
  readonly states: readonly { readonly info: ClassInfo; readonly stateClass: StateClass }[];
  readonly pages: readonly ReflectedPage[];
  /** HTTP views, at addresses that their routes match, and the framework's own end points. */
  readonly views: readonly RouteEntry[];
}

/** Loads an app and lists what strangers can reach of it. */
export async function reflect(root: string): Promise<Reflection> {
  const source = await loadApp({ root, mode: "test" });
  try {
    const { pages } = source.app as { readonly pages: readonly (UnplacedPage & { readonly guard?: unknown })[] };
    const declared = placePages(pages, authPageSettings());
    const needs = new Map(declared.map(({ route, guard }) => [route, needOf(guard)]));
    const { routes, problems } = await inspectApp({ root });
    if (problems.length > 0) throw problems[0];
    return {
      states: source.states.ids().map((id) => {
        const stateClass = source.states.get(id) as StateClass;
        return { stateClass, info: classInfo(stateClass) };
      }),
      pages: source.pages.entries.map(({ route, page }) => {
        const path = page.route.replaceAll(/\[+[^\]]*\]+/g, "1");
        const params = Object.fromEntries(
          [...page.route.matchAll(/\[+\.*([^\]]*)\]+/g)].map(([, name]) => [name, "1"]),
        );
        return {
          path,
          title: page.title,
          needs: needs.get(page.route) ?? "nothing",
          judge: () => page.guard?.({ path, route: route.pattern, params, query: {} }),
        };
      }),
      views: routes
        .filter(({ owner }) => owner !== "page")
        .map((entry) => ({ ...entry, path: entry.path.replaceAll(/:\w+/g, "1").replaceAll("*", "x") })),
    };
  } finally {
    await source.close();
  }
}

function needOf(guard: unknown): string {
  if (guard === undefined) return "nothing";
  return isGuardRule(guard) ? guard.needs : "its own function";
}

/** Every name that an instance of a class answers to, and a few that none should. */
export function namesOf(stateClass: { readonly prototype: object }): string[] {
  const names = new Set(Object.getOwnPropertyNames(new (stateClass as unknown as new () => object)()));
  for (let at: object | null = stateClass.prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  for (let at: object | null = stateClass; at && at !== Function.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  for (const name of ["then", "catch", "toJSON", "prototype", "__proto__", "constructor.prototype", "_private"]) {
    names.add(name);
  }
  for (const name of ["find", "save", "delete", "em", "objects", "setCookie", "run", "a.__proto__.b"]) names.add(name);
  names.delete("");
  return [...names];
}
