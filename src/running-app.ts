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
}

const apps = new ContextVariable<RunningApp>();

/** Returns the app whose code runs; undefined outside of any. */
export function currentApp(): RunningApp | undefined {
  return apps.getStore();
}

/** Returns an app as one of the values of `runWith()`. The app that runs already gives the parts that it does not have. */
export function appBound(app: RunningApp): BoundValue {
  const outer = apps.getStore();
  return apps.bound(outer === undefined || outer === app ? app : new RunningApp(app, outer));
}
