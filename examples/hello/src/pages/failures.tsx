import { Link, useServerState } from "antiphon/react";
import { useState } from "react";
import { FailuresState } from "../failures.state.ts";
import { Page } from "../layout.tsx";

export function FailuresPage() {
  const failures = useServerState(FailuresState);
  const [isBroken, setIsBroken] = useState(false);
  if (isBroken) throw new Error("This page broke while it was rendered.");
  return (
    <Page
      title="When something fails"
      lead="A handler that throws changes nothing, the page says so, and the next event works."
    >
      <section className="card counter" aria-label="Events">
        <output className="big" data-testid="successes">
          {failures.successes}
        </output>
        <div className="actions">
          <button type="button" className="main" onClick={failures.succeed}>
            Succeed
          </button>
          <button type="button" onClick={failures.fail}>
            Fail
          </button>
          <button type="button" onClick={failures.forbidden}>
            Be refused
          </button>
          <button type="button" onClick={failures.block}>
            Block the server
          </button>
        </div>
      </section>
      <section className="card" aria-label="Pages">
        <h2>Pages</h2>
        <p className="links">
          <Link href="/secret">A page that is not for you</Link>
          <Link href="/secret?word=sesame">The same with the word</Link>
          <Link href="/rows/nonsense">A page that sends you elsewhere</Link>
          <a href="/nowhere">A page that does not exist</a>
        </p>
        <div className="actions">
          <button type="button" onClick={() => setIsBroken(true)}>
            Break this page
          </button>
        </div>
      </section>
    </Page>
  );
}
