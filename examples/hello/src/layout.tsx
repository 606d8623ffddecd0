import { Link } from "antiphon/react";
import type { ReactNode } from "react";

const PAGES = [
  ["/", "Hello"],
  ["/form", "Forms"],
  ["/story", "Story"],
  ["/clock", "Clock"],
  ["/rows", "Rows"],
  ["/effects", "Effects"],
  ["/failures", "Failures"],
] as const;

/** Surrounds every page, and stays when the page changes. */
export function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <header className="top">
        <Link href="/" className="brand" aria-label="Antiphon, start page">
          <img src="/favicon.svg" alt="" width="24" height="24" /> antiphon
        </Link>
        <nav aria-label="Pages">
          {PAGES.map(([href, name]) => (
            <Link key={href} href={href}>
              {name}
            </Link>
          ))}
        </nav>
      </header>
      {children}
    </>
  );
}

/** The frame of one page. */
export function Page(props: { readonly title: string; readonly lead: ReactNode; readonly children: ReactNode }) {
  return (
    <main className="page">
      <h1>{props.title}</h1>
      <p className="lead">{props.lead}</p>
      {props.children}
    </main>
  );
}
