import { timingSafeEqual } from "node:crypto";
import { signature } from "../../signing/signing.ts";

const PURPOSE = "antiphon.auth.session";

/** Whose password it is, and its stored form. */
interface PasswordOf {
  readonly id: number | string;
  readonly password: string;
}

/** What a session keeps of a user's password, so that it ends when the password changes. */
export function authHash(user: PasswordOf, secret: string): string {
  return signature(PURPOSE, JSON.stringify([String(user.id), user.password]), secret);
}

/** What a session keeps while the stored password changes under it: it counts with both. */
export interface HashHandover {
  readonly before?: string;
  readonly after: string;
  /** Milliseconds since 1970, when `after` ceases to count; absent: never. */
  readonly until?: number;
}

/** The auth hashes of one user, made once: comparing with them is cheap, and takes as long whatever is compared. */
export class AuthHashes {
  readonly #user: PasswordOf;
  readonly #secrets: readonly string[];
  readonly #made: Buffer[] = [];

  constructor(user: PasswordOf, secrets: readonly string[]) {
    this.#user = user;
    this.#secrets = secrets;
  }

  /** What a session is given now. */
  get current(): string {
    return authHash(this.#user, this.#secrets[0] as string);
  }

  /** Which secret a session's hash was made with: 0 for the one of now, more for an older one, -1 for none. */
  match(given: unknown): number {
    if (typeof given === "string") return this.#match(given);
    if (typeof given !== "object" || given === null) return -1;
    const { before, after, until = Number.POSITIVE_INFINITY } = given as Partial<HashHandover>;
    const secret = this.#match(before);
    return secret < 0 && until >= Date.now() ? this.#match(after) : secret;
  }

  #match(given: unknown): number {
    if (typeof given !== "string") return -1;
    const bytes = Buffer.from(given);
    return this.#secrets.findIndex((secret, index) => {
      this.#made[index] ??= Buffer.from(authHash(this.#user, secret));
      const expected = this.#made[index];
      return bytes.length === expected.length && timingSafeEqual(bytes, expected);
    });
  }
}
