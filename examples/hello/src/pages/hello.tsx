import { useServerState } from "antiphon/react";
import { HelloState } from "../hello.state.ts";
import { Page } from "../layout.tsx";

export function HelloPage() {
  const hello = useServerState(HelloState);
  return (
    <Page
      title="Hello"
      lead="The number lives on the server, in a class of a few lines. Open a second tab: it has a number of its own. Reload: it is still here."
    >
      <section className="card counter" aria-label="Counter">
        <output className="big" data-testid="count">
          {hello.count}
        </output>
        <p className="quiet">
          twice that is <output data-testid="double">{hello.double}</output>
        </p>
        <div className="actions">
          <button type="button" onClick={() => hello.add(-1)} aria-label="One less">
            −1
          </button>
          <button type="button" className="main" onClick={hello.increment} aria-label="One more">
            +1
          </button>
          <button type="button" onClick={() => hello.add(10)} aria-label="Ten more">
            +10
          </button>
        </div>
        <div className="actions">
          <button type="button" className="plain" onClick={hello.greet}>
            Say hello
          </button>
          <button type="button" className="plain" onClick={hello.clear}>
            Start over
          </button>
        </div>
      </section>
      <p className="quiet">
        You have opened this page <span data-testid="opened">{hello.opened}</span>{" "}
        {hello.opened === 1 ? "time" : "times"} in this tab.
      </p>
    </Page>
  );
}
