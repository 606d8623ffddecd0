/** Moves the reader's place to a page that has just been shown, as a full load of the document would. */
export function focusPage(container: Element): void {
  const active = document.activeElement;
  // An input that is still there (a search in the layout) or that the new page focused itself keeps the focus.
  const isBusy = active instanceof HTMLElement && active.matches("input, textarea, select, [contenteditable]");
  const isInPage = active !== null && active !== document.body && container.contains(active);
  if (isBusy || isInPage) return;
  const target = container.querySelector<HTMLElement>("h1") ?? container.querySelector<HTMLElement>("main");
  if (!target) return;
  const hadTabIndex = target.hasAttribute("tabindex");
  const outline = target.style.outline;
  if (!hadTabIndex) target.tabIndex = -1;
  target.style.outline = "none";
  target.focus({ preventScroll: true });
  target.addEventListener(
    "blur",
    () => {
      target.style.outline = outline;
      if (!hadTabIndex) target.removeAttribute("tabindex");
    },
    { once: true },
  );
}
