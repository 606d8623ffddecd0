import { parseCookies, readSetCookie } from "../../bridge/cookie-header.ts";
import type { CookieTickets } from "../../bridge/cookie-ticket.ts";
import { currentContext, requestBound, runInRequest, runOutsideRequest } from "../../bridge/current-request.ts";
import { prepareIdentity } from "../../bridge/prepare-identity.ts";
import type { RequestChain } from "../../bridge/request-chain.ts";
import { type Identity, RequestContext, type RequestSource } from "../../bridge/request-context.ts";
import type { RunWithin } from "../../context-variable.ts";
import { identityOf } from "../../protocol/endpoints.ts";
import type { Effect } from "../../protocol/frames.ts";
import type { AskedTier, BridgeTier } from "../../state/event.ts";
import { after, isPromise, type Soon } from "../../state/handlers/soon.ts";
import type { TurnInfo } from "../../state/handlers/turn.ts";
import { channelErrors } from "../errors.ts";
import type { LocalizeError } from "../wire-error.ts";
import { insteadOf } from "./hook-answer.ts";
import { TabEpoch } from "./tab-epoch.ts";

/** Turns events into requests; the same for all tabs. */
export interface Bridge {
  readonly identity: Identity;
  readonly chain: RequestChain;
  readonly tickets: CookieTickets;
  /** The tier of events and states without one of their own. */
  readonly tier: BridgeTier;
  /** Writes an error in a language; it is told as it is when absent. */
  readonly localize?: (error: Error, language: string) => ReturnType<LocalizeError>;
}

/** The tab, for its requests. */
export interface TabHost {
  readonly id: string;
  /** Path and query of the page. */
  path(): string;
  bridge(): Bridge | undefined;
  /** Returns the tier for opening a page; undefined for the default of the app. */
  tierOfPage(path: string): AskedTier | undefined;
  /** Runs the hooks of states whose vars come from the language, within a turn in which the visitor chose another. */
  languageChanged(turn: TurnInfo): Soon<void>;
  /** Runs guards and hooks of the tab's states, within a turn in which the user or session changed. */
  identityChanged(turn: TurnInfo): Soon<void>;
  /** Takes back what `identityChanged` decided: the change was not saved. */
  identityUndone(): void;
}

type Effects = readonly Effect[];

/** Whether the event that ended the session also opened another page. */
export type UserLeft = "here" | "elsewhere";

/**
 * Runs each turn of a tab as a request of its browser, with the browser's current cookies. These may be newer than the
 * cookies of the socket's opening.
 */
export class TabRequests {
  readonly epoch = new TabEpoch();
  readonly #tab: TabHost;
  #source: RequestSource | undefined;
  /** Every session whose cookie the browser may send when it fetches new cookies. */
  #sessions = new Set<string | undefined>();
  /** The last ticket that was issued. */
  #ticket: string | undefined;
  #owner: string | undefined;
  /** The user as the states were notified of it last; undefined if they have to be notified again. */
  #token: unknown;
  /** The user that the current number of `epoch.identity` is for. */
  #counted: unknown;
  #left: UserLeft | undefined;
  #isLeaving = false;
  #isPageDue = false;
  /** Changes whenever the tab's cookies or user change: a turn that began before has old ones. */
  #generation = 0;
  /** Number of users who have left. */
  #usersLeft = 0;

  constructor(tab: TabHost) {
    this.#tab = tab;
  }

  /** The user of the tab's states; undefined if nobody was signed in. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** True while the tab holds states of a user who has left. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** True if a page is about to be loaded for another user than the one before. */
  get isPageDue(): boolean {
    return this.#isPageDue;
  }

  /** Called after the states of the user who left were removed. */
  left(): void {
    this.#isLeaving = false;
    this.epoch.begin();
  }

  /** Returns what writes errors in the language of the page; undefined if nothing does. */
  localize(): LocalizeError | undefined {
    const bridge = this.#tab.bridge();
    const localize = bridge?.localize;
    if (!bridge || !localize || !this.#source) return undefined;
    const { language } = this.#context(bridge);
    return (error) => localize(error, language);
  }

  /** Id of the browser's session. */
  get sessionId(): string | undefined {
    const bridge = this.#tab.bridge();
    return bridge && this.#source ? bridge.identity.sessionId(this.#context(bridge)) : undefined;
  }

  /** Returns whether the tab's user is still signed in, without any effect on the tab. */
  async isTheirs(): Promise<boolean> {
    const bridge = this.#tab.bridge();
    if (!bridge || !this.#source) return true;
    const context = this.#context(bridge);
    await prepareIdentity(bridge.identity, context);
    return bridge.identity.owner(context) === this.#owner;
  }

  /**
   * Uses the cookies of a socket that this owner's browser has opened, unless the browser has yet to fetch newer ones. If
   * nobody was signed in, the states pass to the owner. Calls made before that do not count as the owner's.
   */
  connect(source: RequestSource | undefined, owner: string | undefined, isClaiming: boolean): void {
    this.#generation++;
    const cookies = source?.cookies ?? parseCookies(source?.headers.cookie);
    const before = this.#source;
    const sessionId = source && this.#sessionIdOf(source, cookies);
    if (before && source && this.awaits(sessionId, source, isClaiming)) {
      // A browser that sends the session of the last ticket has fetched it: earlier sessions are no longer valid.
      if (sessionId === this.sessionId) this.#sessions = new Set([sessionId]);
      if (this.#ticket !== undefined) this.#tab.bridge()?.tickets.shown(this.#ticket, sessionId);
      this.#source = withCookies(source, before.cookies ?? {});
      return;
    }
    this.#source = source && withCookies(source, cookies);
    this.#sessions = new Set([sessionId]);
    if (this.#owner !== undefined || owner === undefined) return;
    this.#owner = owner;
    if (before) this.epoch.pass();
  }

  /**
   * Returns whether a browser has yet to fetch cookies of this tab: it lost its connection during a sign-in. It must send a
   * session that the tab had, and the user agent that the ticket was issued to.
   */
  awaits(sessionId: string | undefined, source: RequestSource | undefined, isClaiming: boolean): boolean {
    const tickets = this.#tab.bridge()?.tickets;
    if (this.#ticket === undefined || !tickets) return false;
    return tickets.accepts(this.#ticket, { session: sessionId, userAgent: source?.headers["user-agent"], isClaiming });
  }

  #sessionIdOf(source: RequestSource, cookies: RequestSource["cookies"]): string | undefined {
    const bridge = this.#tab.bridge();
    return bridge?.identity.sessionId(new RequestContext({ ...source, cookies: cookies ?? {} }, bridge.identity));
  }

  /** Runs work that needs the request of the tab's path: also in the turn of a page whose `bridge` is "none". */
  atPath(work: () => Soon<void>): Soon<void> {
    const bridge = this.#tab.bridge();
    if (!bridge || bridge.tier === "none" || !this.#source) return;
    if (currentContext()) return work();
    const context = this.#context(bridge);
    return after(prepareIdentity(bridge.identity, context), () => runInRequest(context, work));
  }

  /** Loads session and user of the running request again, for long work, and follows the language of the tab. */
  refresh(): Soon<void> {
    const bridge = this.#tab.bridge();
    const context = currentContext();
    if (!bridge || context?.kind !== "event") return;
    context.forgetUser();
    // The context has the cookies and the path of its beginning.
    if (this.#source) context.followLanguage(this.#context(bridge).language);
    bridge.identity.forget(context);
    return after(prepareIdentity(bridge.identity, context), () => {
      if (this.#isLeaving || bridge.identity.owner(context) !== this.#owner) throw channelErrors.CHANNEL_SIGNED_OUT();
    });
  }

  /** Returns how the tab's user left since the last call, if they did: then all states must be removed. */
  takeLeft(): UserLeft | undefined {
    const left = this.#left;
    this.#left = undefined;
    return left;
  }

  run(turn: TurnInfo, runIn: RunWithin, work: () => Soon<Effects>): Soon<Effects> {
    const bridge = this.#tab.bridge();
    const tier = bridge && this.#source ? this.#tierOf(turn, bridge.tier) : "none";
    if (turn.url !== undefined) this.#isPageDue = false;
    if (this.#isLeaving && !turn.isInternal) throw channelErrors.CHANNEL_SIGNED_OUT();
    if (!bridge) return runIn(() => runOutsideRequest(work));
    if (tier === "none") {
      const usersLeft = this.#usersLeft;
      return after(
        runIn(() => runOutsideRequest(work)),
        (effects) => {
          // Its output is for the user who left.
          if (usersLeft !== this.#usersLeft) throw channelErrors.CHANNEL_SIGNED_OUT();
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
      // Bound already, unless a hook lost the context.
      if (currentContext() === context) return this.#identified(turn, context, work);
      return runInRequest(context, () => this.#identified(turn, context, work));
    };
    return bridge.chain.run(context, identified).then((outcome) => {
      const withTicket = (effects: Effects) => this.#withTicket(bridge, context, effects);
      if (outcome.kind !== "done") return insteadOf(outcome, context).then(withTicket);
      // As in a view, the hooks of the response may have changed the session.
      if (!context.openedSession?.modified) return withTicket(outcome.value);
      return after(this.#save(turn, context), () => withTicket(outcome.value));
    });
  }

  /** Issues a ticket for the cookies of a socket's opening. */
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
      // A turn that began with older cookies does not tell who the user is now.
      if (identity.sessionId(context) === this.sessionId) this.#leave(context);
      throw channelErrors.CHANNEL_SIGNED_OUT();
    }
    return after(this.#follow(turn, context), () => {
      const [generation, usersLeft] = [this.#generation, this.#usersLeft];
      return after(work(), (effects) => {
        if (generation === this.#generation) return this.#end(turn, context, effects);
        // Another event changed the session meanwhile: this one is saved in the session in which it began.
        return after(this.#save(turn, context), () => {
          // Its output is for the user who left, not for the current one.
          if (usersLeft !== this.#usersLeft) throw channelErrors.CHANNEL_SIGNED_OUT();
          return effects;
        });
      });
    });
  }

  /** Follows an event's change of the user and saves the session: both or neither. */
  #end(turn: TurnInfo, context: RequestContext, effects: Effects): Soon<Effects> {
    const before = { owner: this.#owner, token: this.#token, left: this.#left, isLeaving: this.#isLeaving };
    const wasPageDue = this.#isPageDue;
    const { identity } = this.epoch;
    const undo = (error: unknown): never => {
      ({ owner: this.#owner, token: this.#token, left: this.#left, isLeaving: this.#isLeaving } = before);
      this.#isPageDue = wasPageDue;
      if (identity !== this.epoch.identity) {
        this.epoch.changeIdentity();
        this.#counted = this.#token;
        this.#tab.identityUndone();
      }
      throw error;
    };
    try {
      const followed = after(this.#follow(turn, context), () => {
        if (context.hasChosenLanguage && turn.mayWrite) return this.#tab.languageChanged(turn);
        return undefined;
      });
      const ended = after(followed, () => {
        const opensPage = effects.some(({ effect }) => effect === "redirect" || effect === "reload");
        if (opensPage && this.#token !== before.token) this.#isPageDue = true;
        if (opensPage && this.#left) this.#left = "elsewhere";
        return after(this.#save(turn, context), () => effects);
      });
      return isPromise(ended) ? ended.catch(undo) : ended;
    } catch (error) {
      return undo(error);
    }
  }

  #save(turn: TurnInfo, context: RequestContext): Soon<void> {
    // An open socket does not mean that a user is active: passive turns do not extend the session.
    const { modified = false } = context.openedSession ?? {};
    if (turn.isPassive && !modified) return;
    // A saved session cannot be undone: nothing after it may fail the event.
    if (modified) turn.verify();
    return context.identity.finish(context, 200);
  }

  /** Updates the user of the tab, and notifies the states of a change. */
  #follow(turn: TurnInfo, context: RequestContext): Soon<void> {
    const { identity } = context;
    const token = identity.snapshotToken(context);
    if (token === this.#token) return;
    const owner = identity.owner(context);
    if (this.#owner !== undefined && owner !== this.#owner) return this.#leave(context);
    if (owner !== this.#owner || (turn.mayWrite && token !== this.#counted)) this.epoch.changeIdentity();
    this.#owner = owner;
    // The next turn that may write notifies the states.
    if (!turn.mayWrite) return;
    this.#token = token;
    this.#counted = token;
    // What the hooks of states have written is undone with the turn: the next one runs them again.
    turn.onUndone(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return this.#tab.identityChanged(turn);
  }

  #leave(context: RequestContext): void {
    this.epoch.changeIdentity();
    this.#counted = undefined;
    this.#left = "here";
    this.#isLeaving = true;
    this.#isPageDue = true;
    this.#generation++;
    this.#usersLeft++;
    this.#owner = context.identity.owner(context);
    this.#token = undefined;
  }

  #withTicket(bridge: Bridge, context: RequestContext, effects: Effects): Effects {
    const source = this.#source;
    if (context.outgoing.size === 0 || !source) return effects;
    // The current cookies: another event may have set some since this one began.
    const cookies: Record<string, string> = { ...source.cookies };
    for (const line of context.outgoing.values()) {
      const kept = readSetCookie(line);
      if (kept?.gone) delete cookies[kept.name];
      else if (kept) cookies[kept.name] = kept.value;
    }
    const before = this.sessionId;
    const isOlder = bridge.identity.sessionId(context) !== before;
    // If another event ended the session meanwhile, this event's cookies must not restore it.
    if (isOlder && this.#sessionIdOf(source, cookies) !== before) return effects;
    this.#generation++;
    this.#source = withCookies(source, cookies);
    this.#sessions.add(this.sessionId);
    const ticket = bridge.tickets.issue({
      cookies: [...context.outgoing.values()],
      tab: this.#tab.id,
      userAgent: source.headers["user-agent"],
      sessions: new Set(this.#sessions),
      brings: this.sessionId,
    });
    this.#ticket = ticket;
    // First, so that the other effects run with the cookies in place.
    return [{ effect: "cookies", ticket, identity: identityOf((name) => cookies[name] ?? "") }, ...effects];
  }
}

/**
 * Returns the source of a tab's requests as hooks see it: with these cookies, and without the headers of proxies, which
 * were applied already.
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
