import { isDevelopment } from "../development.ts";
import { tabStorage } from "./session-storage.ts";

const KEY = "antiphon.crashed";

/**
 * Remembers over a reload that the page on screen has crashed. In development a reload then starts with fresh states:
 * what crashes is often a value of an earlier version of the code, which a reload alone would bring back.
 */
export function markCrash(): void {
  if (isDevelopment()) tabStorage.set(KEY, "1");
}

/** The page is shown again. */
export function clearCrash(): void {
  if (isDevelopment()) tabStorage.remove(KEY);
}

/** Returns whether the page had crashed before it was loaded again, and forgets it. */
export function takeCrash(): boolean {
  if (!isDevelopment()) return false;
  const crashed = tabStorage.get(KEY) !== undefined;
  clearCrash();
  return crashed;
}
