/**
 * The tab's `sessionStorage`. It survives a reload. Browsers throw on every access if the user forbids storage, and on
 * writing if it is full: then nothing is kept.
 */
export const tabStorage = {
  get(key: string): string | undefined {
    return attempt(() => sessionStorage.getItem(key)) ?? undefined;
  },

  /** Returns the value of a JSON text; undefined if there is none or the text is not JSON. */
  getJson<T>(key: string): T | undefined {
    return attempt(() => JSON.parse(sessionStorage.getItem(key) ?? "null") as T | null) ?? undefined;
  },

  /** Returns whether the text was stored. */
  set(key: string, text: string): boolean {
    const isStored = attempt(() => {
      sessionStorage.setItem(key, text);
      return true;
    });
    return isStored ?? false;
  },

  remove(key: string): void {
    attempt(() => sessionStorage.removeItem(key));
  },
};

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
