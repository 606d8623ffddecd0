import { useSyncExternalStore } from "react";

/**
 * Returns the colour scheme in which the page around is shown. It asks the browser for a colour, since a scheme may come from
 * a style, from a meta tag or from the system.
 */
export function usePageScheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, current, () => "light");
}

function current(): "light" | "dark" {
  const probe = document.createElement("span");
  probe.style.color = "light-dark(rgb(0, 0, 0), rgb(255, 255, 255))";
  document.documentElement.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color === "rgb(255, 255, 255)" ? "dark" : "light";
}

function subscribe(listener: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  // A switch of the app changes the style, a class or an attribute of the document.
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true });
  observer.observe(document.head, { attributes: true, childList: true, subtree: true });
  system.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    system.removeEventListener("change", listener);
  };
}
