import type { Effect, ServerFrame, Welcome } from "../../protocol/frames.ts";
import { asClientError, fromWire } from "../client-error.ts";
import { clientErrors } from "../errors.ts";
import type { EngineParts } from "./engine-parts.ts";
import type { ClientError } from "./engine-types.ts";
import type { OutgoingRequests } from "./outgoing-requests.ts";
import { nameOf, type Request } from "./pending.ts";
import type { SocketIdentity } from "./socket-identity.ts";
import type { WatchedStates } from "./watched-states.ts";

/** Options of `IncomingFrames`. */
interface IncomingOptions {
  /** Milliseconds without a frame after which the server is told the last version. */
  readonly seenAfter: number;
  /** Receives every frame as it arrives; for tests. */
  readonly onFrame?: ((frame: ServerFrame) => void) | undefined;
}

/** The stages of an engine that frames concern. */
interface Stages {
  readonly identity: SocketIdentity;
  readonly outgoing: OutgoingRequests;
  readonly watched: WatchedStates;
}

/** Applies what the server sends: the welcome of a connection, then frames in the order of their versions. */
export class IncomingFrames {
  readonly #parts: EngineParts;
  readonly #stages: Stages;
  readonly #options: IncomingOptions;
  readonly #effectListeners = new Set<(effects: readonly Effect[]) => void>();
  readonly #reopenListeners = new Set<() => void>();
  #earlyEffects: Effect[] = [];
  #version: number | undefined;
  #isDamaged = false;
  #seenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: EngineParts, stages: Stages, options: IncomingOptions) {
    this.#parts = parts;
    this.#stages = stages;
    this.#options = options;
  }

  /** Number of the last frame that was applied; undefined before the first welcome. */
  get version(): number | undefined {
    return this.#version;
  }

  /** True if a frame could not be applied: the next connection requests the states whole. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  onEffects(listener: (effects: readonly Effect[]) => void): () => void {
    this.#effectListeners.add(listener);
    const early = this.#earlyEffects;
    this.#earlyEffects = [];
    if (early.length > 0) listener(early);
    return () => this.#effectListeners.delete(listener);
  }

  onReopen(listener: () => void): () => void {
    this.#reopenListeners.add(listener);
    return () => this.#reopenListeners.delete(listener);
  }

  welcome(message: Welcome): void {
    const { environment, epoch, mirror, pending, status } = this.#parts;
    const { identity, outgoing, watched } = this.#stages;
    const first = this.#version === undefined;
    outgoing.isClosing = false;
    environment.tab.set(message.tab);
    outgoing.frameSize = message.frameSize;
    if (message.fresh || first) pending.restart(outcomeUnknown);
    this.#isDamaged = false;
    const { resume, received } = message;
    const frames = "replay" in resume ? resume.replay : [resume.snapshot];
    if ("snapshot" in resume) {
      this.#options.onFrame?.(resume.snapshot);
      const before = mirror.all();
      mirror.replace(resume.snapshot.changes ?? {}, () => {
        pending.rewind(received);
        epoch.enter({ ...message.epoch, tab: message.tab }, identity.current, pending, before);
      });
      this.#version = resume.snapshot.version;
      watched.arrived();
      this.#conclude(resume.snapshot);
    } else {
      for (const frame of resume.replay) {
        this.frame(frame);
        // The connection is made again; unanswered requests are sent then.
        if (this.#isDamaged) return;
      }
      pending.rewind(received);
      epoch.enter({ ...message.epoch, tab: message.tab }, identity.current, pending, mirror.all());
    }
    if (message.fresh && !first) for (const listener of this.#reopenListeners) listener();
    const answered = new Set(frames.flatMap((frame) => frame.acks ?? []).map(([id]) => id));
    const open = new Set(message.open);
    pending.rejectSent((id) => !open.has(id) && !answered.has(id), outcomeUnknown);
    status.update({ status: "online", outdated: message.build !== environment.build });
    this.catchUp();
  }

  /** Sends the requests that were made while no connection was open. */
  catchUp(): void {
    const { outgoing, watched } = this.#stages;
    watched.requestMissing();
    outgoing.sendUnsent();
    this.#parts.status.update();
  }

  frame(frame: ServerFrame): void {
    this.#options.onFrame?.(frame);
    if (this.#version === undefined || frame.version <= this.#version) return;
    try {
      if (frame.version !== this.#version + 1) {
        throw clientErrors.CLIENT_FRAME_MISSING(this.#version + 1, frame.version);
      }
      this.#apply(frame);
    } catch (error) {
      // Nothing of the frame was applied; the next connection requests the states whole.
      this.#isDamaged = true;
      this.#parts.report(asClientError(error, "framework"));
      this.#parts.connection().restart();
      return;
    }
    this.#version = frame.version;
    this.#stages.watched.arrived();
    this.#conclude(frame);
    clearTimeout(this.#seenTimer);
    this.#seenTimer = setTimeout(() => this.#sendSeen(), this.#options.seenAfter);
  }

  #apply({ epoch, changes = {} }: ServerFrame): void {
    const { mirror, pending, epoch: known } = this.#parts;
    const wanted = this.#wanted(changes);
    if (!epoch) {
      mirror.apply(wanted);
      return;
    }
    const [before, tab] = [mirror.all(), known.tab];
    mirror.apply(wanted, () => known.enter({ ...epoch, tab }, this.#stages.identity.current, pending, before));
  }

  /** Leaves out changes of states that the page no longer reads. */
  #wanted(changes: NonNullable<ServerFrame["changes"]>): NonNullable<ServerFrame["changes"]> {
    const entries = Object.entries(changes);
    const wanted = entries.filter(([state, change]) => "full" in change || this.#parts.mirror.get(state));
    return wanted.length === entries.length ? changes : Object.fromEntries(wanted);
  }

  /** Performs what follows the changes of a frame: effects, then answers. */
  #conclude(frame: ServerFrame): void {
    const { pending, status } = this.#parts;
    const settles = (frame.acks ?? []).map(([id, error]) => pending.answered(id, error && fromWire(error)));
    this.#stages.identity.claims.conclude(frame, ({ effects }) => {
      if (effects?.length) {
        if (this.#effectListeners.size === 0) this.#earlyEffects.push(...effects);
        for (const listener of this.#effectListeners) listener(effects);
      }
      for (const settle of settles) settle();
      if (settles.length > 0) status.update();
    });
  }

  #sendSeen(): void {
    const { connection, status } = this.#parts;
    if (status.isOnline) connection().send({ kind: "seen", id: 0, seen: this.#version ?? 0 });
  }

  close(): void {
    clearTimeout(this.#seenTimer);
  }
}

function outcomeUnknown(request: Request): ClientError {
  return asClientError(clientErrors.CLIENT_OUTCOME_UNKNOWN(nameOf(request)), "network");
}
