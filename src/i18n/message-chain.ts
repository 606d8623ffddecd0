import type { MessageTable } from "../protocol/messages.ts";
import type { MessageIndex } from "./message-index.ts";

/** What the messages of one language are looked up in. */
export interface MessageChainParts {
  /** The language's own catalogue: the app's texts, and below them the framework's. */
  readonly own: MessageIndex;
  /** Catalogues for messages that the language's own does not have, in this order. */
  readonly fallbacks: readonly MessageIndex[];
  /** Tells whether a message is never shown in another language than its own. */
  readonly isOwnOnly: (key: string) => boolean;
}

/** The catalogues in which the messages of one language are looked up: the same ones on the server and for its pages. */
export class MessageChain {
  readonly #parts: MessageChainParts;
  readonly #ownOnly: readonly MessageTable[];
  readonly #all: readonly MessageTable[];

  constructor(parts: MessageChainParts) {
    this.#parts = parts;
    this.#ownOnly = [parts.own.all];
    this.#all = [parts.own.all, ...parts.fallbacks.map(({ all }) => all)];
  }

  /** Returns the tables for one message. */
  tables(key: string): readonly MessageTable[] {
    return this.#parts.isOwnOnly(key) ? this.#ownOnly : this.#all;
  }

  /** Returns whether a message has a text under its key alone. */
  has(key: string): boolean {
    return this.tables(key).some(({ texts }) => Object.hasOwn(texts, key));
  }

  /** Returns the forms of a message that the language itself has no text for. */
  missingForms(key: string): string[] {
    return this.#parts.own.missingForms(key);
  }

  /** Returns the tables for the messages of a page, which holds no other text. */
  pageTables(keys: ReadonlySet<string>): readonly MessageTable[] {
    const { own, fallbacks, isOwnOnly } = this.#parts;
    const others = [...keys].filter((key) => !isOwnOnly(key));
    const tables = fallbacks.map((index, at) => index.table(others, [own, ...fallbacks.slice(0, at)]));
    return [own.table(keys), ...tables.filter(({ texts }) => Object.keys(texts).length > 0)];
  }
}
