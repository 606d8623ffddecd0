import type { Effect, Json } from "../../protocol/frames.ts";
import type { AskedTier } from "../event.ts";
import type { Changes } from "../watched-changes.ts";
import type { Soon } from "./soon.ts";
import type { GiveUp } from "./turn-lock.ts";

/** The output of one step of a handler. */
export interface Turn {
  readonly changes?: Changes | undefined;
  readonly effects?: readonly Effect[];
}

/** Sends output that has no caller: of the steps of a generator, and of background work. */
export interface TurnSink {
  send(turn: Turn): void;
  /** Reports an error of a handler whose caller was answered before. `ofPage` is true if it began for the open page. */
  fail(error: unknown, label: string, ofPage?: boolean): void;
}

/** Called exactly once, within the turn: with the last step, or with the error after everything was undone. */
export type Settle = (outcome: Turn | { readonly error: unknown }) => void;

/** An event as the browser calls it. */
export interface Call {
  readonly state: string;
  readonly event: string;
  /** Unparsed; the event's turn parses them. */
  readonly args: readonly Json[];
}

/** A value that a browser writes into a field. */
export interface FieldWrite {
  readonly state: string;
  readonly field: string;
  readonly value: Json;
}

/** A turn, for the code that gives it its context. */
export interface TurnInfo {
  /** True for work of the framework itself, which belongs to no user. */
  readonly isInternal: boolean;
  /** The tier of its request; undefined for the default of the app. */
  readonly tier: AskedTier | undefined;
  /** True for work that no user requested, such as the hook of a new connection. */
  readonly isPassive: boolean;
  /** Path and query of the page that it opens; undefined for the page that the tab shows. */
  readonly url: string | undefined;
  /** Whether work `within` the turn may write. */
  readonly mayWrite: boolean;
  /** Runs work as a part of the turn, with its permission to write. It is undone with the turn. */
  within<T>(work: () => T): T;
  /** Calls a listener if the changes of the turn are undone. */
  onUndone(listener: () => void): void;
  /** Throws if the turn's changes could not be sent. @throws STATE_COMPUTED_FAILED */
  verify(): void;
}

/** How a turn becomes a request. */
export interface RequestOptions {
  readonly tier?: AskedTier | undefined;
  readonly isPassive?: boolean;
  /** True for work of the framework itself, which belongs to no user. */
  readonly isInternal?: boolean;
  readonly url?: string;
  /** True if the turn goes before the events that wait, as short work does. */
  readonly isUpdate?: boolean;
}

/** A turn in which nothing else writes. */
export interface ExclusiveTurn extends RequestOptions {
  /** As in `EventName`. */
  readonly state: string;
  readonly event?: string;
  readonly settle: Settle;
  /** Called if the turn has to wait; it rejects when that is given up. */
  readonly waits?: (giveUp: GiveUp) => void;
}

/** Runs a turn in a context of the server, and may add effects. */
export type RunIn = (turn: TurnInfo, work: () => Soon<readonly Effect[]>) => Soon<readonly Effect[]>;
