import { Link, useServerState, useUser } from "antiphon/react";
import type { ReactNode } from "react";
import { AccountState } from "./account.state.ts";

/** Surrounds every page, and stays when the page changes. */
export function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <header className="top">
        <Link href="/" className="brand" aria-label="Notes, start page">
          <img src="/favicon.svg" alt="" width="24" height="24" /> notes
        </Link>
        <nav aria-label="Pages">
          <Link href="/">Start</Link>
          <Link href="/notes">My notes</Link>
        </nav>
        <Account />
      </header>
      {children}
    </>
  );
}

/** Who is signed in: the same on every page and in every tab. */
function Account() {
  const user = useUser();
  const { signOut } = useServerState(AccountState);
  if (!user.isAuthenticated) {
    return (
      <Link href="/login" className="account">
        Sign in
      </Link>
    );
  }
  return (
    <p className="account">
      <span data-testid="who">{user.username}</span>
      <button type="button" onClick={() => signOut()}>
        Sign out
      </button>
    </p>
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
