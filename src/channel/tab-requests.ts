import { parseCookies, readSetCookie } from "../bridge/cookie-header.ts";
import type { CookieTickets } from "../bridge/cookie-ticket.ts";
import { currentContext, requestBound, runInRequest, runOutsideRequest } from "../bridge/current-request.ts";
import { bridgeErrors } from "../bridge/errors.ts";
import { prepareIdentity } from "../bridge/prepare-identity.ts";
import type { ChainOutcome, RequestChain } from "../bridge/request-chain.ts";
import { type Identity, RequestContext, type RequestSource } from "../bridge/request-context.ts";
import type { RunWithin } from "../context-variable.ts";
import type { Effect } from "../protocol/frames.ts";
import type { AskedTier, BridgeTier } from "../state/event.ts";
import { after, isPromise, type Soon } from "../state/soon.ts";
import type { TurnInfo } from "../state/turn.ts";
import { channelErrors } from "./errors.ts";
import { TabLife } from "./tab-life.ts";

/** What turns events into requests; the same for all tabs. */
export interface Bridge {
  readonly identity: Identity;
  readonly chain: RequestChain;
  readonly tickets: CookieTickets;
  /** For events and states that say nothing themselves. */
  readonly tier: BridgeTier;
}

/** What the requests of a tab ask of it. */
export interface TabHost {
  readonly id: string;
  /** Path and query of the page. */
  path(): string;
  bridge(): Bridge | undefined;
  /** What opening a page asks for; undefined for what is usual in the app. */
  tierOfPage(path: string): AskedTier | undefined;
  /** Tells the tab's states, within a turn, that something about the user has changed. */
  identityChanged(turn: TurnInfo): Soon<void>;
}

type Effects = readonly Effect[];

/** Whether whoever left was sent to another page by the same event. */
export type Departure = "here" | "elsewhere";

/**
 * Makes each turn of a tab a request of the browser behind it: with the cookies that this browser has by now, which
 * may be newer than those of the socket's opening.
 */
export class TabRequests {
  readonly life = new TabLife();
  readonly #tab: TabHost;
  #source: RequestSource | undefined;
  /** Every session that the browser may show when it comes for cookies. */
  #sessions = new Set<string | undefined>();
  /** The last ticket that was given out. */
  #ticket: string | undefined;
  #owner: string | undefined;
  #token: unknown;
  #left: Departure | undefined;
  #isLeaving = false;
  /** Another number whenever the tab's cookies or user become others: what began before knows neither. */
  #generation = 0;
  /** How often a user has gone. */
  #departures = 0;

  constructor(tab: TabHost) {
    this.#tab = tab;
  }

  /** Whose states the tab holds; undefined for those of somebody who is not signed in. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** Whether the tab still holds states of a user who has gone. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** The states of the user who has gone are no more. */
  left(): void {
    this.#isLeaving = false;
    this.life.begin();
  }

  /** Names the session of the tab's browser. */
  get sessionId(): string | undefined {
    const bridge = this.#tab.bridge();
    return bridge && this.#source ? bridge.identity.sessionId(this.#context(bridge)) : undefined;
  }

  /** Whether the tab's user is still signed in; nothing follows from it. */
  async isTheirs(): Promise<boolean> {
    const bridge = this.#tab.bridge();
    if (!bridge || !this.#source) return true;
    const context = this.#context(bridge);
    await prepareIdentity(bridge.identity, context);
    return bridge.identity.owner(context) === this.#owner;
  }

  /**
   * The browser of this owner has opened a socket: from now on its cookies count, unless it has not come yet for newer
   * ones. States of nobody go over to who is signed in by now; what was called before that was not called by them.
   */
  connect(source: RequestSource | undefined, owner: string | undefined): void {
    this.#generation++;
    const cookies = source?.cookies ?? parseCookies(source?.headers.cookie);
    const before = this.#source;
    const sessionId = source && this.#sessionIdOf(source, cookies);
    if (before && source && this.awaits(sessionId, source.headers["user-agent"])) {
      // A browser that shows the session of the last ticket has it: the sessions from before open nothing any more.
      if (sessionId === this.sessionId) this.#sessions = new Set([sessionId]);
      this.#source = withCookies(source, before.cookies ?? {});
      return;
    }
    this.#source = source && withCookies(source, cookies);
    this.#sessions = new Set([sessionId]);
    if (this.#owner !== undefined || owner === undefined) return;
    this.#owner = owner;
    if (before) this.life.pass();
  }

  /**
   * Whether this browser may still claim cookies of this tab: it lost its connection when an event signed somebody in. It
   * has to show a session that the tab had, and the user agent that the ticket was issued to.
   */
  awaits(sessionId: string | undefined, userAgent: string | undefined): boolean {
    const bridge = this.#tab.bridge();
    if (!bridge || this.#ticket === undefined || !bridge.tickets.isWaiting(this.#ticket)) return false;
    return this.#sessions.has(sessionId) && this.#source?.headers["user-agent"] === userAgent;
  }

  #sessionIdOf(source: RequestSource, cookies: RequestSource["cookies"]): string | undefined {
    const bridge = this.#tab.bridge();
    return bridge?.identity.sessionId(new RequestContext({ ...source, cookies: cookies ?? {} }, bridge.identity));
  }

  /** Looks anew who makes the running request: for work that goes on for long. */
  refresh(): Soon<void> {
    const bridge = this.#tab.bridge();
    const context = currentContext();
    if (!bridge || context?.kind !== "event") return;
    context.forgetUser();
    bridge.identity.forget(context);
    return after(prepareIdentity(bridge.identity, context), () => {
      if (this.#isLeaving || bridge.identity.owner(context) !== this.#owner) throw channelErrors.CHANNEL_SIGNED_OUT();
    });
  }

  /** How the tab's user has gone since the last call, if so: then no state may stay. */
  takeLeft(): Departure | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }

  run(turn: TurnInfo, runIn: RunWithin, work: () => Soon<Effects>): Soon<Effects> {
    const bridge = this.#tab.bridge();
    const tier = bridge && this.#source ? this.#tierOf(turn, bridge.tier) : "none";
    if (this.#isLeaving && !turn.isInternal) throw channelErrors.CHANNEL_SIGNED_OUT();
    if (!bridge) return runIn(() => runOutsideRequest(work));
    if (tier === "none") {
      const departures = this.#departures;
      return after(
        runIn(() => runOutsideRequest(work)),
        (effects) => {
          // What it has to tell is for who has gone.
          if (departures !== this.#departures) throw channelErrors.CHANNEL_SIGNED_OUT();
          return effects;
        },
      );
    }
    const context = this.#context(bridge, turn.url);
    const isHooked = tier === "full" && !bridge.chain.isEmpty;
    const prepared = () =>
      isHooked
        ? this.#behindHooks(turn, bridge, context, work)
        : after(this.#identified(turn, context, work), (effects) => this.#withTicket(bridge, context, effects));
    return runIn(() => after(prepareIdentity(bridge.identity, context), prepared), [requestBound(context)]);
  }

  #tierOf({ tier, url }: TurnInfo, usual: BridgeTier): BridgeTier {
    const asked = tier ?? (url === undefined ? undefined : this.#tab.tierOfPage(url));
    if (asked === "user") return usual === "none" ? "session" : usual;
    return asked ?? usual;
  }

  #behindHooks(turn: TurnInfo, bridge: Bridge, context: RequestContext, work: () => Soon<Effects>): Promise<Effects> {
    const identified = () => {
      // Bound already, unless a hook has lost it.
      if (currentContext() === context) return this.#identified(turn, context, work);
      return runInRequest(context, () => this.#identified(turn, context, work));
    };
    return bridge.chain.run(context, identified).then((outcome) => {
      const withTicket = (effects: Effects) => this.#withTicket(bridge, context, effects);
      if (outcome.kind !== "done") return insteadOf(outcome, context).then(withTicket);
      // The hooks of the answer may have put something into the session, as they may in a view.
      if (!context.openedSession?.modified) return withTicket(outcome.value);
      return after(this.#save(turn, context), () => withTicket(outcome.value));
    });
  }

  /** Makes the cookies of a socket's opening known to the browser. */
  deliver(cookies: ReadonlyMap<string, string>): Effects {
    const bridge = this.#tab.bridge();
    if (!bridge || cookies.size === 0) return [];
    const context = this.#context(bridge);
    for (const line of cookies.values()) context.setCookie(line);
    return this.#withTicket(bridge, context, []);
  }

  #context(bridge: Bridge, url = this.#tab.path()): RequestContext {
    const source = this.#source as RequestSource;
    return new RequestContext(source, bridge.identity, url);
  }

  #identified(turn: TurnInfo, context: RequestContext, work: () => Soon<Effects>): Soon<Effects> {
    const { identity } = context;
    if (this.#isLeaving) throw channelErrors.CHANNEL_SIGNED_OUT();
    if (this.#owner !== undefined && identity.owner(context) !== this.#owner) {
      // A turn that began with other cookies than the tab has by now says nothing about who has it.
      if (identity.sessionId(context) === this.sessionId) this.#leave(context);
      throw channelErrors.CHANNEL_SIGNED_OUT();
    }
    return after(this.#follow(turn, context), () => {
      const [generation, departures] = [this.#generation, this.#departures];
      return after(work(), (effects) => {
        if (generation === this.#generation) return this.#end(turn, context, effects);
        // Meanwhile another event has signed somebody in or out: this one ends in the session that it began in.
        return after(this.#save(turn, context), () => {
          // What it has to tell is for who has gone, not for who has the tab now.
          if (departures !== this.#departures) throw channelErrors.CHANNEL_SIGNED_OUT();
          return effects;
        });
      });
    });
  }

  /** Takes note of what an event has changed about its user, and saves the session; if that fails, neither is done. */
  #end(turn: TurnInfo, context: RequestContext, effects: Effects): Soon<Effects> {
    const before = { owner: this.#owner, token: this.#token, left: this.#left, isLeaving: this.#isLeaving };
    const undo = (error: unknown): never => {
      ({ owner: this.#owner, token: this.#token, left: this.#left, isLeaving: this.#isLeaving } = before);
      throw error;
    };
    try {
      const ended = after(this.#follow(turn, context), () => {
        if (this.#left && effects.some(({ effect }) => effect === "redirect" || effect === "reload")) {
          this.#left = "elsewhere";
        }
        return after(this.#save(turn, context), () => effects);
      });
      return isPromise(ended) ? ended.catch(undo) : ended;
    } catch (error) {
      return undo(error);
    }
  }

  #save(turn: TurnInfo, context: RequestContext): Soon<void> {
    // An open socket is no sign that somebody uses it: what runs by itself keeps no session alive.
    const { modified = false } = context.openedSession ?? {};
    if (turn.isPassive && !modified) return;
    // What is saved stays: nothing that can undo the event may come after.
    if (modified) turn.verify();
    return context.identity.finish(context, 200);
  }

  /** Takes note of who the user is, and tells the states when that has changed. */
  #follow(turn: TurnInfo, context: RequestContext): Soon<void> {
    const { identity } = context;
    const token = identity.snapshotToken(context);
    if (token === this.#token) return;
    const owner = identity.owner(context);
    if (this.#owner !== undefined && owner !== this.#owner) return this.#leave(context);
    this.#owner = owner;
    // What may not write is told by the next turn that may.
    if (!turn.mayWrite) return;
    this.#token = token;
    return this.#tab.identityChanged(turn);
  }

  #leave(context: RequestContext): void {
    this.#left = "here";
    this.#isLeaving = true;
    this.#generation++;
    this.#departures++;
    this.#owner = context.identity.owner(context);
    this.#token = undefined;
  }

  #withTicket(bridge: Bridge, context: RequestContext, effects: Effects): Effects {
    const source = this.#source;
    if (context.outgoing.size === 0 || !source) return effects;
    // Those of now: another event may have set some since this one began.
    const cookies: Record<string, string> = { ...source.cookies };
    for (const line of context.outgoing.values()) {
      const kept = readSetCookie(line);
      if (kept?.gone) delete cookies[kept.name];
      else if (kept) cookies[kept.name] = kept.value;
    }
    const before = this.sessionId;
    const isOlder = bridge.identity.sessionId(context) !== before;
    // A session that another event has put an end to meanwhile does not come back with this one's answer.
    if (isOlder && this.#sessionIdOf(source, cookies) !== before) return effects;
    this.#generation++;
    this.#source = withCookies(source, cookies);
    this.#sessions.add(this.sessionId);
    const ticket = bridge.tickets.issue({
      cookies: [...context.outgoing.values()],
      tab: this.#tab.id,
      userAgent: source.headers["user-agent"],
      sessions: new Set(this.#sessions),
    });
    this.#ticket = ticket;
    // First, so that whatever else happens finds the cookies in place.
    return [{ effect: "cookies", ticket }, ...effects];
  }
}

/**
 * What the requests of events have in common, as hooks see it: with these cookies, and without a proxy's word, which has
 * been taken in already.
 */
function withCookies(source: RequestSource, cookies: Readonly<Record<string, string>>): RequestSource {
  const headers: Record<string, string | string[] | undefined> = {};
  for (const [name, value] of Object.entries(source.headers)) {
    if (name !== "forwarded" && !name.startsWith("x-forwarded-")) headers[name] = value;
  }
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  headers["host"] = source.host;
  if (pairs.length > 0) headers["cookie"] = pairs.join("; ");
  else delete headers["cookie"];
  return { ...source, kind: "event", method: "GET", headers, cookies };
}

/** What becomes of an event that a hook has answered in its place. */
async function insteadOf(
  outcome: Exclude<ChainOutcome<Effects>, { kind: "done" }>,
  context: RequestContext,
): Promise<Effects> {
  if (outcome.kind === "redirect") {
    // As after a view that redirects: what a hook has put into the session is kept.
    await context.identity.finish(context, 302);
    return [redirectOf(outcome.to)];
  }
  if (outcome.status >= 500) throw bridgeErrors.BRIDGE_UNAVAILABLE();
  throw bridgeErrors.BRIDGE_REFUSED(outcome.status);
}

const HERE = "http://antiphon.invalid";

function redirectOf(to: string): Effect {
  const target = URL.canParse(to, HERE) ? new URL(to, HERE) : undefined;
  if (target?.origin !== HERE) throw bridgeErrors.BRIDGE_REDIRECT_UNSAFE(to);
  const path = `${target.pathname.replace(/^\/{2,}/, "/")}${target.search}${target.hash}`;
  return { effect: "redirect", to: path, replace: false, external: false };
}
