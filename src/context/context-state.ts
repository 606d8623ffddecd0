import { currentContext } from "../bridge/current-request.ts";
import { tagStates } from "../state/class-info.ts";
import { event } from "../state/event.ts";
import { onPath } from "../state/path-hook.ts";
import { State } from "../state/state.ts";
import { currentCollector } from "./collector.ts";

/**
 * The values of the app's context processors, as vars. A page reads them by `useContextValues()`; they are collected when
 * the tab connects, opens a page, or changes its user or language, and again by the event `load`.
 */
export class ContextState extends State {
  static override events = { load: { ...event(), bridge: "user" as const } };
  context: Record<string, unknown> = {};
  /** The same as indented JSON with sorted names. */
  contextJson = "{}";

  /** Collects the values for the running event's request. */
  async load(): Promise<void> {
    const collector = currentCollector();
    const request = currentContext();
    if (!collector || !request) return;
    // Anew: who signs in or chooses a language within the event has other values.
    const values = collector.sendable(await collector.collect(request.view ?? request));
    this.context = { ...values };
    this.contextJson = sortedJson(values);
  }

  protected override async onConnect(): Promise<void> {
    await this.load();
  }

  protected override async onIdentityChange(): Promise<void> {
    await this.load();
  }

  /** Processors read the path and its query, and their language may come from it. */
  async [onPath](): Promise<void> {
    await this.load();
  }
}

// Every app has it, so that no module of an app has to export it.
tagStates("antiphon", { ContextState });

function sortedJson(values: object): string {
  const sorted = (_: string, value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Set) return [...value];
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  };
  return JSON.stringify(values, sorted, 2);
}
