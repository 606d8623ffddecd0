import { type BoundValue, ContextVariable } from "./context-variable.ts";

/** Names a part of an app that code finds without being handed it: its mail queue, its users. Make one per module. */
export class AppPart<T> {
  /** For debuggers. */
  readonly name: string;
  /** Lets the compiler tell parts of different types apart. */
  declare readonly type: T;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * The parts of an app for the code that runs in it. A part that it does not have comes from the first of its layers that
 * has it: code inside of another database still sends the mails of the app around it.
 */
export class RunningApp {
  readonly #parts = new Map<AppPart<unknown>, unknown>();
  readonly #layers: readonly RunningApp[];
  #isStack = false;

  constructor(...layers: readonly RunningApp[]) {
    this.#layers = layers;
  }

  /** Sets a part of this app. */
  put<T>(part: AppPart<T>, value: T): void {
    this.#parts.set(part, value);
  }

  /** Returns a part of this app; undefined if neither it nor a layer has it. */
  get<T>(part: AppPart<T>): T | undefined {
    const own = this.#parts.get(part);
    if (own !== undefined) return own as T;
    for (const layer of this.#layers) {
      const found = layer.get(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Returns an app without parts over the same layers, for the same app after its code was loaded again. */
  anew(): RunningApp {
    return new RunningApp(...this.#layers);
  }

  /** Returns an app that looks up parts in these apps, in this order, for code of one that runs inside of others. */
  static stacked(apps: readonly RunningApp[]): RunningApp {
    const stack = new RunningApp(...apps);
    stack.#isStack = true;
    return stack;
  }

  /** Returns the apps of a stack, innermost first; of any other app the app itself. */
  get stack(): readonly RunningApp[] {
    return this.#isStack ? this.#layers : [this];
  }
}

const apps = new ContextVariable<RunningApp>();

/** Returns the app whose code runs; undefined outside of any. */
export function currentApp(): RunningApp | undefined {
  return apps.getStore();
}

/**
 * Returns an app as one of the values of `runWith()`. The app that runs already gives the parts that it does not have. An
 * app is in the stack once, however often code that it runs binds it again: a job may reschedule itself without end.
 */
export function appBound(app: RunningApp): BoundValue {
  const outer = apps.getStore();
  if (outer === undefined) return apps.bound(app);
  const { stack } = outer;
  if (stack[0] === app) return apps.bound(outer);
  return apps.bound(RunningApp.stacked([app, ...stack.filter((other) => other !== app)]));
}
