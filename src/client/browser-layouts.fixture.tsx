import type { ReactNode } from "react";
import type { EventEntry } from "../state/client-view.ts";
import { type App, Link, stateStub, useServerState } from "./index.ts";

declare class ShellClass {
  static readonly events: { noop: EventEntry };
  static readonly fields: { never: object };
  user: string;
  never: string;
  noop(): void;
}

const ShellState = stateStub({
  id: "shell.ShellState",
  vars: ["user"],
  computed: [],
  events: ["noop"],
  fields: [],
}) as unknown as typeof ShellClass;

let failures = 1;

/** Lets the layout that fails be rendered from now on. */
export function healLayout(): void {
  failures = 0;
}

function WaitingLayout({ children }: { readonly children: ReactNode }) {
  const shell = useServerState(ShellState);
  return (
    <>
      <header id="shell">{shell.user}</header>
      {children}
    </>
  );
}

function FailingLayout({ children }: { readonly children: ReactNode }) {
  if (failures > 0) throw new Error("no layout");
  return <div id="shell">{children}</div>;
}

function FailingErrorPage(): ReactNode {
  throw new Error("no error page");
}

/** Gives the app the layout and the error page that the address of the document asks for. */
export function setLayoutByAddress(app: App): void {
  const wanted = new URLSearchParams(location.search);
  if (wanted.get("layout") === "waiting") app.setLayout(WaitingLayout);
  if (wanted.get("layout") === "failing") app.setLayout(FailingLayout);
  if (wanted.get("errors") === "failing") app.setErrorPage(FailingErrorPage);
}

/** A page that is longer than the window. */
export function Long() {
  return (
    <main>
      <h1>Long</h1>
      <Link id="to-part" href="/long#part">
        Part
      </Link>
      <div style={{ height: 3000 }} />
      <h2 id="part">Part</h2>
      <Link id="list-instead" href="/list" replace>
        List instead
      </Link>
      <Link id="query-instead" href="/long?q=1" replace>
        Another query instead
      </Link>
      <div style={{ height: 3000 }} />
    </main>
  );
}
