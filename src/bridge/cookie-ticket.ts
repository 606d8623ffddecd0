import { randomBytes } from "node:crypto";
import { TICKET_LIFE } from "../protocol/endpoints.ts";
import { readSetCookie } from "./cookie-header.ts";

/** Cookies that an event has set, on their way to the browser. */
export interface TicketContent {
  /** `Set-Cookie` lines. */
  readonly cookies: readonly string[];
  /** The tab whose event set them. */
  readonly tab: string;
  /** What the browser calls itself; the one that comes must say the same. */
  readonly userAgent: string | undefined;
  /**
   * Sessions that the browser may show when it comes for them: those from before the event and the one that the cookies
   * bring, for a browser that lost the answer after it took the cookies. Undefined stands for a browser without one.
   */
  readonly sessions: ReadonlySet<string | undefined>;
  /** The session that the cookies bring: a browser that has shown it needs none of the others any more. */
  readonly brings: string | undefined;
}

/** Who comes for the cookies of a ticket. */
export interface TicketClaim {
  readonly ticket: unknown;
  readonly tab: unknown;
  readonly userAgent: string | undefined;
  readonly session: string | undefined;
}

/** Whether a ticket brings anything secret. Of two tabs that sign out together one comes when the cookie is gone already. */
function handsOver({ cookies }: TicketContent): boolean {
  return cookies.some((line) => /;\s*httponly/i.test(line) && !readSetCookie(line)?.gone);
}

function isFor(held: TicketContent, { tab, userAgent, session }: TicketClaim): boolean {
  if (held.tab !== tab || held.userAgent !== userAgent) return false;
  return held.sessions.has(session) || (session === undefined && !handsOver(held));
}

/** A browser that opens a socket. */
export interface ShownCookies extends Pick<TicketClaim, "session" | "userAgent"> {
  /** Whether its page says that it still fetches cookies. */
  readonly isClaiming: boolean;
}

interface Held extends TicketContent {
  sessions: ReadonlySet<string | undefined>;
  /** True once the cookies were sent. Only a page that still fetches them has missed that answer. */
  isClaimed: boolean;
  readonly expiresAt: number;
}

/** Most tickets that wait at once, and of those one tab's: beyond it the oldest is void. */
const MAX_WAITING = 100_000;
const MAX_OF_TAB = 20;

/**
 * Hands cookies over that were set on the socket, which cannot carry any: the page gets a ticket, posts it, and the
 * answer to that carries the cookies. So no script ever sees them.
 *
 * A ticket is valid for half a minute, for the tab and the browser session it was issued to, and for a browser with the
 * same user agent. Within that time it can be claimed again, because the answer to a claim can be lost. A claim by
 * anything else voids it, and so does the claim of a later ticket of the same tab: older cookies never replace newer ones.
 */
export class CookieTickets {
  readonly #held = new Map<string, Held>();
  readonly #byTab = new Map<string, string[]>();
  readonly #now: () => number;

  /** `now` gives milliseconds that no change of the system's clock moves. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  issue(content: TicketContent): string {
    const ticket = randomBytes(24).toString("base64url");
    this.#sweep();
    this.#held.set(ticket, { ...content, isClaimed: false, expiresAt: this.#now() + TICKET_LIFE });
    const own = this.#byTab.get(content.tab) ?? [];
    own.push(ticket);
    this.#byTab.set(content.tab, own);
    // One tab that sets cookies all the time voids its own tickets, not those of others.
    if (own.length > MAX_OF_TAB) this.#drop(own[0] as string);
    return ticket;
  }

  /** Whether a browser that shows this session has yet to fetch a ticket's cookies, as the tab that it was issued to. */
  accepts(ticket: string, { session, userAgent, isClaiming }: ShownCookies): boolean {
    const held = this.#held.get(ticket);
    if (!held || held.expiresAt < this.#now() || (held.isClaimed && !isClaiming)) return false;
    return held.userAgent === userAgent && held.sessions.has(session);
  }

  /** Notes that the browser has shown a session: if a ticket has brought it, the sessions from before open nothing more. */
  shown(ticket: string, session: string | undefined): void {
    const held = this.#held.get(ticket);
    if (held && session !== undefined && session === held.brings) held.sessions = new Set([session]);
  }

  /** Returns the cookies of a ticket; undefined if the ticket is not valid for this claim, which then voids it. */
  claim(claim: TicketClaim): readonly string[] | undefined {
    const { ticket } = claim;
    if (typeof ticket !== "string") return undefined;
    const held = this.#held.get(ticket);
    if (!held) return undefined;
    if (held.expiresAt < this.#now() || !isFor(held, claim)) {
      this.#drop(ticket);
      return undefined;
    }
    held.isClaimed = true;
    this.shown(ticket, claim.session);
    const own = this.#byTab.get(held.tab) ?? [];
    for (const older of own.slice(0, own.indexOf(ticket))) this.#drop(older);
    return held.cookies;
  }

  #sweep(): void {
    const now = this.#now();
    // The oldest comes first.
    for (const [ticket, { expiresAt }] of this.#held) {
      if (expiresAt >= now && this.#held.size < MAX_WAITING) return;
      this.#drop(ticket);
    }
  }

  #drop(ticket: string): void {
    const held = this.#held.get(ticket);
    if (!held) return;
    this.#held.delete(ticket);
    const left = this.#byTab.get(held.tab)?.filter((each) => each !== ticket) ?? [];
    if (left.length > 0) this.#byTab.set(held.tab, left);
    else this.#byTab.delete(held.tab);
  }
}
