import type { ClientFrame } from "../../protocol/frames.ts";
import { stateNameOf } from "../../protocol/state-name.ts";
import type { Unreadable } from "../../protocol/wire-parser.ts";
import type { RateLimit } from "../../rate-limit.ts";
import { stateErrors } from "../../state/errors.ts";
import type { Settle } from "../../state/handlers/turn.ts";
import { channelErrors } from "../errors.ts";
import { inputSize, type TabInput } from "../input-budget.ts";
import { parseFrame } from "../parse-frame.ts";
import type { Inbox } from "./inbox.ts";
import type { TabIdentity } from "./tab-identity.ts";
import type { TabNavigation } from "./tab-navigation.ts";
import type { TabOpening } from "./tab-opening.ts";
import type { TabParts } from "./tab-parts.ts";
import type { TabSize } from "./tab-size.ts";
import type { TabWatching } from "./tab-watching.ts";

/** Codes of unknown names. A page of this app never causes one of them. */
const STRANGE: ReadonlySet<string> = new Set(["EVENT_UNKNOWN", "STATE_UNKNOWN", "EVENT_FIELD_UNKNOWN"]);

/** Most unknown names that are logged for one tab. */
const MAX_NOTED = 10;

/** The stages of a tab that its intake uses. */
interface Stages {
  readonly id: string;
  readonly inbox: Inbox;
  readonly input: TabInput;
  readonly rate: RateLimit;
  readonly size: TabSize;
  readonly opening: TabOpening;
  readonly watching: TabWatching;
  readonly navigation: TabNavigation;
  readonly identity: TabIdentity;
}

/** Takes the messages of a page, each once and in order, and refuses what exceeds the limits. */
export class TabIntake {
  readonly #tab: TabParts;
  readonly #stages: Stages;
  #isTouched = false;
  #strange = 0;

  constructor(tab: TabParts, stages: Stages) {
    this.#tab = tab;
    this.#stages = stages;
  }

  /** True if the page has ever sent a message. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** Takes a message of the page; `length` is that of its text. */
  receive(value: unknown, length: number): void {
    let frame: ClientFrame;
    try {
      frame = parseFrame(value);
    } catch (error) {
      this.#refuse(value, error);
      return;
    }
    const { app, output } = this.#tab;
    const { identity, inbox, input, rate, size, watching } = this.#stages;
    output.outbox.seen(frame.seen);
    // A server that shuts down takes nothing: the page was told so, and sends the message to the next server.
    if (frame.kind === "seen" || output.isClosing || !this.#take(frame.id)) return;
    size.received(length);
    this.#isTouched = true;
    const settle = this.#settlerOf(frame.id, () => labelOf(frame));
    const { limits } = app;
    const contents = frame.kind === "event" ? frame.args : frame.kind === "field" ? frame.value : undefined;
    const held = inputSize(contents, length);
    // Never refused: a page that releases a state expects no error.
    if (frame.kind === "unwatch") {
      watching.unwatch(frame.states);
      settle({});
    } else if (!rate.take()) {
      settle({ error: channelErrors.CHANNEL_RATE_LIMITED(limits.eventsPerSecond) });
    } else if (inbox.open.length > limits.queue) {
      settle({ error: channelErrors.CHANNEL_QUEUE_FULL(limits.queue) });
    } else if (!input.hasRoom(held)) {
      settle({ error: channelErrors.CHANNEL_INPUT_FULL(limits.queueBytes) });
    } else {
      try {
        const running = this.#dispatch(frame, settle);
        if (running) void this.#afterwards(running, settle, held);
        else identity.afterTurn()?.catch((error: unknown) => settle({ error }));
      } catch (error) {
        settle({ error });
      }
    }
  }

  async #afterwards(running: Promise<void>, settle: Settle, held: number): Promise<void> {
    const { input } = this.#stages;
    input.hold(held);
    try {
      await running;
    } catch (error) {
      settle({ error });
      return;
    } finally {
      input.release(held);
    }
    await this.#stages.identity.afterTurn()?.catch((error: unknown) => settle({ error }));
  }

  /** Refuses a message that could not be read as JSON. */
  unreadable(reason: Unreadable, id?: number): void {
    const { limits } = this.#tab.app;
    const error =
      reason === "too large"
        ? channelErrors.CHANNEL_FRAME_TOO_LARGE(limits.frameSize)
        : reason === "too deep"
          ? channelErrors.CHANNEL_FRAME_TOO_DEEP(limits.depth)
          : channelErrors.CHANNEL_FRAME_INVALID(reason);
    this.#refuse({ id }, error);
  }

  #refuse(value: unknown, error: unknown): void {
    const { app, output } = this.#tab;
    const { inbox, rate } = this.#stages;
    const { id } = (value ?? {}) as { id?: unknown };
    if (!rate.take()) {
      // Pages of this framework send nothing unreadable, so a sender that repeats it is disconnected.
      output.fail(channelErrors.CHANNEL_RATE_LIMITED(app.limits.eventsPerSecond), "message");
      output.connection?.close();
      return;
    }
    if (id === inbox.received + 1 && this.#take(id)) this.#settlerOf(id, () => "A message")({ error });
    else output.fail(error, "message");
  }

  #take(id: number): boolean {
    const { inbox } = this.#stages;
    const taken = inbox.take(id);
    if (taken !== "gap") return taken;
    const error = channelErrors.CHANNEL_FRAME_INVALID(`id ${id} came after ${inbox.received}`);
    this.#tab.output.fail(error, "message");
    return false;
  }

  #settlerOf(id: number, label: () => string): Settle {
    const { output } = this.#tab;
    const { inbox, opening } = this.#stages;
    const { page } = opening;
    return (outcome) => {
      // A page that was reloaded counts from 1 again: an answer to the previous page must not reach it.
      const mine = page === opening.page && inbox.answered(id);
      if ("error" in outcome) {
        const error = output.wireError(outcome.error, label());
        if (STRANGE.has(error.code)) this.#note(error.code, label());
        if (mine) output.emit({}, [[id, error]]);
      } else {
        output.emit(outcome, mine ? [[id]] : []);
      }
    };
  }

  /** Logs an unknown name: from a page of another build, or from an attacker who tries names. */
  #note(code: string, label: string): void {
    const { logger, strangeNames } = this.#tab.app;
    if (++this.#strange > MAX_NOTED || !strangeNames.take()) return;
    const message =
      this.#strange === MAX_NOTED ? "Unknown names: no more are logged for this tab" : "Unknown state, event or field";
    logger.warn({ code, asked: label, tab: this.#stages.id.slice(0, 6) }, message);
  }

  /** Returns a promise if there is something to wait for. */
  #dispatch(frame: Exclude<ClientFrame, { kind: "seen" | "unwatch" }>, settle: Settle): Promise<void> | void {
    const { app, runner } = this.#tab;
    const { depth } = app.limits;
    switch (frame.kind) {
      case "event":
        this.#assertEpoch(frame.state, frame.event, frame.epoch);
        return runner.call(frame, depth, settle);
      case "field":
        this.#assertEpoch(frame.state, frame.field, frame.epoch);
        return runner.write(frame, depth, settle);
      case "navigate":
        return this.#stages.navigation.follow(frame, settle);
      case "watch":
        return this.#stages.watching.watch(frame.states, settle);
      default:
        frame satisfies never;
    }
  }

  /** Refuses a call for states that were replaced, or by a user who has changed. */
  #assertEpoch(state: string, name: string, epoch: number | undefined): void {
    const { requests, tree } = this.#tab;
    const broken = epoch === undefined ? undefined : requests.epoch.broken(state, epoch);
    if (broken === undefined) return;
    const error = broken === "gone" ? stateErrors.EVENT_STATE_GONE : stateErrors.EVENT_USER_CHANGED;
    throw error(tree.info(state).name, name);
  }
}

/** Returns the name of a message for the log and for pages in development. */
function labelOf(frame: ClientFrame): string {
  if (frame.kind === "event") return `${stateNameOf(frame.state)}.${frame.event}`;
  if (frame.kind === "navigate") return `Opening ${frame.path}`;
  return frame.kind === "field" ? `${stateNameOf(frame.state)}.${frame.field}` : `A ${frame.kind} message`;
}
