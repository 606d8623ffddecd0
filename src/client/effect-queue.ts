import { flushSync } from "react-dom";
import type { Effect } from "../protocol/frames.ts";
import { type EffectTargets, performEffect } from "./effects.ts";

/** How long an alert box waits for the browser to draw, in milliseconds; a tab that is hidden draws nothing. */
const DRAWN_AFTER = 1_000;

/**
 * Performs effects in the order in which they came, each frame's when its changes are on screen.
 *
 * An alert box stops the page, so it waits until the browser has drawn; what comes after it waits with it.
 */
export class EffectQueue {
  readonly #targets: EffectTargets;
  #waiting: Effect[] = [];
  #isHeld = false;

  constructor(targets: EffectTargets) {
    this.#targets = targets;
  }

  /** Takes the effects of one frame, whose changes have been applied. */
  add(effects: readonly Effect[]): void {
    this.#waiting.push(...effects);
    if (!this.#isHeld) this.#perform();
  }

  #perform(): void {
    // React would put the changes into the document only after this task.
    flushSync(() => undefined);
    for (let effect = this.#waiting.shift(); effect; effect = this.#waiting.shift()) {
      if (effect.effect === "alert") {
        this.#hold(effect);
        return;
      }
      performEffect(effect, this.#targets);
    }
  }

  #hold(alert: Effect): void {
    this.#isHeld = true;
    whenDrawn(() => {
      performEffect(alert, this.#targets);
      this.#isHeld = false;
      this.#perform();
    });
  }
}

function whenDrawn(act: () => void): void {
  let isDone = false;
  const once = () => {
    if (isDone) return;
    isDone = true;
    act();
  };
  // The frame is drawn after its callbacks have run.
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, DRAWN_AFTER);
}
