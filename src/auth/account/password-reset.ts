import type { AppRequest } from "../../bridge/request-types.ts";
import { asError } from "../../errors.ts";
import type { MailLogger, MailQueue } from "../../mail/mail-queue.ts";
import { trimEnd } from "../../trim-ends.ts";
import type { AuthSettings, TryCounter } from "../auth-settings.ts";
import { type ResetMailTemplates, signInOptions } from "../options.ts";
import { passwordErrors } from "../passwords/password-errors.ts";
import type { PasswordHashing } from "../passwords/password-hash.ts";
import { type PasswordCheckOptions, type PasswordOwner, readNewPassword } from "../passwords/password-rules.ts";
import { checkResetToken, decodeUid, encodeUid, makeResetToken, type ResetUser } from "../passwords/reset-token.ts";
import { countedTry } from "../throttle/counted-try.ts";
import type { ThrottleKeys } from "../throttle/throttle.ts";
import { resetMailTemplates, writeResetMail } from "./reset-mail.ts";

/** A user as resetting a password needs him: what the link depends on, and what the rules for passwords look at. */
export interface ResettingUser extends ResetUser {
  readonly username: string;
  readonly firstName?: string;
  readonly lastName?: string;
}

/** What `PasswordReset` is put together from. */
export interface PasswordResetOptions {
  /** Users whose address may be this one, in whatever case; which of them it is, is decided here. */
  readonly findUsers: (email: string) => Promise<readonly ResettingUser[]>;
  /** The user with a key; undefined when there is none, and when the text can't be a key. */
  readonly findUser: (id: string) => Promise<ResettingUser | undefined>;
  /** Stores a hash if the stored one is still the old one, in one statement, and tells whether it did. */
  readonly savePassword: (userId: number | string, oldHash: string, newHash: string) => Promise<boolean>;
  readonly hashing: PasswordHashing;
  readonly throttle: TryCounter;
  readonly mail: Pick<MailQueue, "send">;
  /** The first one signs links, all of them count. */
  readonly secrets: readonly string[];
  /** The app's own address, which links begin with. */
  readonly publicUrl?: string | undefined;
  /** Without `publicUrl`, links may begin with the origin of the request: in development only. */
  readonly development?: boolean;
  /** Path of the page behind the link, with `[uid]` and `[key]`. */
  readonly path: string;
  /** Seconds that a link is good for; an hour when absent. */
  readonly timeout?: number;
  readonly rules?: PasswordCheckOptions;
  readonly templates?: Partial<ResetMailTemplates>;
  readonly logger?: MailLogger;
  /** Milliseconds since 1970, for tests. */
  readonly now?: () => number;
}

/** A new password that came with the parts of a link. Nothing of it is trusted. */
export interface ResetConfirmation extends Omit<ThrottleKeys, "identifier"> {
  readonly uid: unknown;
  readonly token: unknown;
  readonly password: unknown;
  /** The password typed once more, where the form asks for it. */
  readonly repeated?: unknown;
}

/** Who asks for a link. */
export interface ResetRequest extends Omit<ThrottleKeys, "identifier"> {
  /** Where the app was asked for. */
  readonly origin?: string | undefined;
}

/** Longest address that mail is sent to. */
const LONGEST_EMAIL = 254;
/** Users of one address that get a mail each. */
const MOST_USERS = 10;

/**
 * Lets people who forgot their password set a new one, by a link in a mail.
 *
 * Asking for a link has the same answer and is the same work whether there is such an address or not.
 *
 * @throws RESET_URL_INVALID, RESET_PATH_INVALID
 * @example
 * await reset.request(typed.email, { ip: request.ip });
 * const userId = await reset.confirm({ uid, token, password: typed.password, ip: request.ip });
 */
export class PasswordReset {
  readonly #options: PasswordResetOptions;
  readonly #base: string | undefined;
  readonly #path: string;
  readonly #templates: ResetMailTemplates;

  constructor(options: PasswordResetOptions) {
    const { publicUrl, path, templates } = options;
    this.#options = options;
    this.#base = publicUrl === undefined ? undefined : baseOf(publicUrl);
    if (!path.startsWith("/") || !path.includes("[uid]") || !path.includes("[key]")) {
      throw passwordErrors.RESET_PATH_INVALID(path);
    }
    this.#path = path;
    this.#templates = { ...resetMailTemplates, ...templates };
  }

  /**
   * Sends a link to every active user with this address and a password, and to nobody else; nobody is told which.
   *
   * @throws AUTH_THROTTLED (429); RESET_URL_MISSING where the app's address is not set, whoever asks
   */
  async request(email: unknown, { origin, ...keys }: ResetRequest): Promise<void> {
    const base = this.#baseFor(origin);
    const typed = typeof email === "string" && email.length <= 4 * LONGEST_EMAIL ? email.trim() : "";
    await this.#options.throttle.begin("reset", { ...keys, identifier: typed });
    const found = await this.#options.findUsers(typed.length > LONGEST_EMAIL ? "" : typed);
    const users = found
      .filter((user) => user.isActive && this.#options.hashing.isUsable(user.password))
      .filter((user) => isSameAddress(user.email, typed))
      .slice(0, MOST_USERS);
    for (const user of users.length > 0 ? users : [nobody(typed)]) this.#write(user, base);
  }

  /** Whether a link is good at this moment, for the page behind it. */
  async check(uid: unknown, token: unknown): Promise<boolean> {
    return (await this.#userOf(uid, token)) !== undefined;
  }

  /**
   * Sets a new password and gives the user's key. A link works once; a password that breaks a rule does not use it up.
   * Nobody is signed in by it, and every session of the user ends with the old password.
   *
   * @throws RESET_LINK_INVALID, PASSWORD_MISMATCH, PASSWORD_INVALID, AUTH_THROTTLED, AUTH_BUSY
   */
  async confirm({ uid, token, password, repeated, ...from }: ResetConfirmation): Promise<number | string> {
    const { throttle, hashing, savePassword, rules, logger } = this.#options;
    const keys = { ...from, identifier: typeof uid === "string" ? uid : "" };
    const user = await countedTry(throttle, { purpose: "reset-confirm", tries: [keys], logger }, async () => {
      const found = await this.#userOf(uid, token);
      if (!found) throw passwordErrors.RESET_LINK_INVALID();
      return found;
    });
    // What was to be guessed was right; how often a person then chooses a weak password does not matter.
    await throttle.succeed("reset-confirm", keys);
    const chosen = await readNewPassword(password, repeated, ownerOf(user), rules);
    const saved = await savePassword(user.id, user.password, await hashing.hash(chosen));
    if (!saved) throw passwordErrors.RESET_LINK_INVALID();
    return user.id;
  }

  async #userOf(uid: unknown, token: unknown): Promise<ResettingUser | undefined> {
    const { findUser, secrets, timeout, now, hashing } = this.#options;
    const id = decodeUid(uid);
    const user = id === undefined ? undefined : await findUser(id);
    const times = { ...(timeout === undefined ? {} : { timeout }), ...(now ? { now } : {}) };
    const isGood = checkResetToken(user, token, { secrets, ...times });
    return isGood && hashing.isUsable(user?.password) ? user : undefined;
  }

  #write(user: ResettingUser, base: string): void {
    const { secrets, timeout = signInOptions.passwordResetTimeout.default, now, mail, logger } = this.#options;
    const token = makeResetToken(user, { secrets, ...(now ? { now } : {}) });
    const path = this.#path.replaceAll("[uid]", encodeUid(user.id)).replaceAll("[key]", token);
    const values = { url: base + path, username: user.username, minutes: Math.floor(timeout / 60) };
    try {
      const message = writeResetMail(user.email, values, this.#templates);
      if (user.isActive) mail.send(message);
    } catch (error) {
      // Thrown, it would tell that there is such a user.
      logger?.error({ err: asError(error) }, "A reset mail could not be written.");
    }
  }

  #baseFor(origin: string | undefined): string {
    if (this.#base !== undefined) return this.#base;
    if (!this.#options.development || origin === undefined) throw passwordErrors.RESET_URL_MISSING();
    return baseOf(origin);
  }
}

/**
 * Whether two addresses are the same but for the case of A to Z. Other letters that a computer would take for equal are
 * not: mail for one of them would be asked for by the owner of the other.
 */
export function isSameAddress(stored: string, typed: string): boolean {
  if (typed === "" || typed.normalize("NFKC") !== typed) return false;
  return asciiLower(stored) === asciiLower(typed);
}

function ownerOf({ username, firstName, lastName, email }: ResettingUser): PasswordOwner {
  return { username, firstName, lastName, email };
}

/** Gets no mail, and is the same work as somebody who does. */
function nobody(email: string): ResettingUser {
  return { id: 0, username: email, email, password: "!", lastLogin: null, isActive: false };
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Returns what links of mails begin with. @throws RESET_URL_MISSING, RESET_URL_INVALID */
export function baseFor(publicUrl: AuthSettings["publicUrl"], request: AppRequest): string {
  const address = typeof publicUrl === "function" ? publicUrl(request) : publicUrl;
  if (address === undefined) throw passwordErrors.RESET_URL_MISSING();
  return baseOf(address);
}

function baseOf(address: string): string {
  if (!URL.canParse(address)) throw passwordErrors.RESET_URL_INVALID(JSON.stringify(address.slice(0, 200)));
  const url = new URL(address);
  const isPlain = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!/^https?:$/.test(url.protocol) || !isPlain) {
    url.password = "";
    throw passwordErrors.RESET_URL_INVALID(JSON.stringify(url.href.slice(0, 200)));
  }
  return url.origin + trimEnd(url.pathname, "/");
}
