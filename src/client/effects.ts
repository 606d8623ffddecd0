import { asError } from "../errors.ts";
import type { Effect } from "../protocol/frames.ts";
import { appUrl } from "./app-url.ts";
import { reportDiagnostic } from "./diagnostics.ts";
import { clientErrors } from "./errors.ts";
import type { ToastEffect } from "./toast-store.ts";

/** What effects act on beside the document. */
export interface EffectTargets {
  readonly push: (href: string) => void;
  readonly replace: (href: string) => void;
  readonly back: () => void;
  readonly toast: (toast: Omit<ToastEffect, "effect">) => void;
  readonly setTitle: (title: string) => void;
}

/** How often and how far apart an element is looked for: React may not have rendered it yet. */
const LOOKS = 20;
const LOOK_EVERY = 16;

/**
 * Performs one thing that the server asks of the page. If it fails, that is reported with a code and not thrown.
 *
 * @example
 * performEffect({ effect: "toast", level: "success", message: "Saved" }, targets);
 */
export function performEffect(effect: Effect, targets: EffectTargets): void {
  try {
    perform(effect, targets);
  } catch (thrown) {
    reportFailed(effect, thrown);
  }
}

function reportFailed(effect: Effect, thrown: unknown): void {
  const failure = asError(thrown);
  const isOurs = "code" in failure && String(failure.code).startsWith("CLIENT_");
  const error = isOurs
    ? failure
    : clientErrors.CLIENT_EFFECT_FAILED.with({ cause: thrown }, effect.effect, failure.message);
  reportDiagnostic(error, "app");
}

function perform(effect: Effect, targets: EffectTargets): void {
  switch (effect.effect) {
    case "redirect":
      redirectTo(effect, targets);
      break;
    case "reload":
      location.reload();
      break;
    case "back":
      targets.back();
      break;
    case "toast":
      targets.toast(effect);
      break;
    case "alert":
      window.alert(effect.message);
      break;
    case "download":
      download(effect);
      break;
    case "focus":
      whenFound(effect.effect, effect.target, (element) => element.focus());
      break;
    case "scrollTo":
      scrollToPlace(effect);
      break;
    case "copyToClipboard":
      copy(effect);
      break;
    case "setTitle":
      targets.setTitle(effect.title);
      break;
    case "log":
      console[effect.level](effect.message);
      break;
    case "cookies":
      // The engine has fetched them before it let the others pass.
      break;
    default: {
      const unknown: never = effect;
      reportDiagnostic(clientErrors.CLIENT_EFFECT_UNKNOWN(String((unknown as Effect).effect)), "framework");
    }
  }
}

function redirectTo(effect: Extract<Effect, { effect: "redirect" }>, targets: EffectTargets): void {
  const url = requireHttp("redirect", effect.to);
  if (url.origin !== location.origin) {
    if (!effect.external) {
      const reason = "it leads to another site. Expected a path, or redirect(url, { external: true })";
      throw clientErrors.CLIENT_EFFECT_URL_REFUSED("redirect", effect.to, reason);
    }
  }
  if (effect.replace) targets.replace(url.href);
  else targets.push(url.href);
}

function requireHttp(effect: string, target: string): URL {
  let url: URL;
  try {
    url = new URL(appUrl(target), location.href);
  } catch {
    throw clientErrors.CLIENT_EFFECT_URL_REFUSED(effect, target, "it is no URL");
  }
  // Anything else can run code (javascript:, data:) or leave the browser.
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw clientErrors.CLIENT_EFFECT_URL_REFUSED(effect, target, `"${url.protocol}" is not http or https`);
  }
  return url;
}

function download(effect: Extract<Effect, { effect: "download" }>): void {
  if ("content" in effect) {
    const bytes = Uint8Array.from(atob(effect.content), (letter) => letter.charCodeAt(0));
    const href = URL.createObjectURL(new Blob([bytes], { type: effect.mimeType }));
    clickAnchor(href, effect.filename);
    // The browser reads the data after the click; a minute is ample.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
    return;
  }
  const url = requireHttp("download", effect.url);
  if (url.origin !== location.origin) {
    throw clientErrors.CLIENT_EFFECT_URL_REFUSED(
      "download",
      effect.url,
      "it leads to another site. Expected a path of this one",
    );
  }
  clickAnchor(url.href, effect.filename ?? "");
}

function clickAnchor(href: string, filename: string): void {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.download = filename;
  anchor.hidden = true;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

function whenFound(effect: string, target: string, act: (element: HTMLElement) => void, looks = LOOKS): void {
  setTimeout(() => {
    const element = document.getElementById(target) ?? document.getElementsByName(target)[0];
    if (element) act(element);
    else if (looks > 1) whenFound(effect, target, act, looks - 1);
    else reportDiagnostic(clientErrors.CLIENT_EFFECT_NO_TARGET(effect, target), "app");
  }, LOOK_EVERY);
}

function scrollToPlace({ effect, target, align }: Extract<Effect, { effect: "scrollTo" }>): void {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const isEnd = (target === "top" || target === "bottom") && !document.getElementById(target);
  if (!isEnd) {
    whenFound(effect, target, (element) => element.scrollIntoView({ block: align, behavior }));
    return;
  }
  // A moment later: what came with the effect makes the page longer.
  setTimeout(() => {
    window.scrollTo({ top: target === "top" ? 0 : document.documentElement.scrollHeight, behavior });
  }, LOOK_EVERY);
}

function copy(effect: Extract<Effect, { effect: "copyToClipboard" }>): void {
  const byHand = () => {
    if (!copyBySelection(effect.text)) reportFailed(effect, new Error("the browser did not allow it"));
  };
  // Absent on plain http, and refused without a recent click.
  if (navigator.clipboard) navigator.clipboard.writeText(effect.text).catch(byHand);
  else byHand();
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
