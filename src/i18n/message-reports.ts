import type { NoteMissing } from "../protocol/messages.ts";

/** Functions that development calls for faults of messages. */
export interface MessageListeners {
  /** Called once for each placeholder of a message that got no value. */
  readonly onMissingValue?: (key: string, name: string) => void;
  /**
   * Called once for each key of a page or a call that a language has no text for, and for each plural form that is missing
   * beside others. Not for the default language, whose texts are the keys, and not for the framework's texts. Pages in other
   * languages then get their keys too.
   */
  readonly onUntranslated?: (language: string, keys: readonly string[]) => void;
}

/** Most faults that are remembered; later ones are not reported. */
const MAX_REPORTED = 10_000;

/** Reports each fault of messages once, if there is a listener. */
export class MessageReports {
  readonly #listeners: MessageListeners;
  readonly #reported = new Set<string>();

  constructor(listeners: MessageListeners) {
    this.#listeners = listeners;
  }

  /** Whether keys without a translation are reported. */
  get wantsUntranslated(): boolean {
    return this.#listeners.onUntranslated !== undefined;
  }

  /** Returns what takes the placeholders of a message that got no value; undefined if they are not reported. */
  missingValues(key: string): NoteMissing | undefined {
    const { onMissingValue } = this.#listeners;
    return onMissingValue && ((name) => void (this.#isNew(`${name} ${key}`) && onMissingValue(key, name)));
  }

  /** Reports keys that a language has no text for. */
  untranslated(language: string, keys: readonly string[]): void {
    const found = keys.filter((key) => this.#isNew(`${language} ${key}`));
    if (found.length > 0) this.#listeners.onUntranslated?.(language, found);
  }

  #isNew(fault: string): boolean {
    if (this.#reported.has(fault) || this.#reported.size >= MAX_REPORTED) return false;
    this.#reported.add(fault);
    return true;
  }
}
