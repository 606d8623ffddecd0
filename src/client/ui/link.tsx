import { type AnchorHTMLAttributes, type MouseEvent, type ReactNode, type Ref, useContext } from "react";
import { appPath, appUrl } from "../app-url.ts";
import { LocationContext } from "../pages/router.tsx";

/** Props of `<Link>`: those of `<a>`, and where it leads. */
export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly href: string;
  /** Whether the page's code is loaded when the link is pointed at; true when absent. */
  readonly prefetch?: boolean;
  /** Takes the place of the present entry of the history. */
  readonly replace?: boolean;
  readonly ref?: Ref<HTMLAnchorElement>;
  readonly children?: ReactNode;
}

/**
 * A link to a page of the app that does not load the document again.
 *
 * It is a real `<a>`: opening in a new tab, copying the address and other sites work as always. A link to a path that
 * no page has (the back end's, the admin's) loads the document. The link to the page on screen has `aria-current`.
 *
 * @example
 * <Link href={`/notes/${note.id}`}>{note.title}</Link>
 */
export function Link({ href, prefetch = true, replace = false, onClick, onPointerEnter, onFocus, ...rest }: LinkProps) {
  const shown = useContext(LocationContext);
  const router = shown?.router;
  const handleClick = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const leavesPage = rest.download !== undefined || (rest.target !== undefined && rest.target !== "_self");
    if (!router || leavesPage || isModified(event) || !router.resolve(href)) return;
    event.preventDefault();
    if (replace) router.replace(href);
    else router.push(href);
  };
  const load = () => {
    if (prefetch) router?.preload(href);
  };
  const target = router?.resolve(href);
  const isCurrent =
    target !== undefined && appPath({ pathname: target.pathname, search: "" }) === shown?.state.location.path;
  return (
    <a
      {...(isCurrent ? { "aria-current": "page" as const } : {})}
      {...rest}
      href={appUrl(href)}
      onClick={handleClick}
      onPointerEnter={(event) => {
        onPointerEnter?.(event);
        load();
      }}
      onFocus={(event) => {
        onFocus?.(event);
        load();
      }}
    />
  );
}

function isModified(event: MouseEvent): boolean {
  return (
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
  );
}
