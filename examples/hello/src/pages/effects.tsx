import { useServerState } from "antiphon/react";
import { EffectsState } from "../effects.state.ts";
import { Page } from "../layout.tsx";

export function EffectsPage() {
  const effects = useServerState(EffectsState);
  return (
    <Page title="Effects" lead="What a handler returns or yields beside its changes, the page does.">
      <section className="card" aria-label="Notices">
        <h2>Notices</h2>
        <div className="actions">
          {(["info", "success", "warning", "error"] as const).map((level) => (
            <button key={level} type="button" onClick={() => effects.notify(level)}>
              {level}
            </button>
          ))}
          <button type="button" onClick={effects.several}>
            several
          </button>
        </div>
      </section>
      <section className="card" aria-label="The browser">
        <h2>The browser</h2>
        <div className="actions">
          <button type="button" onClick={effects.save}>
            Download a file
          </button>
          <button type="button" onClick={effects.copy}>
            Copy a text
          </button>
          <button type="button" onClick={effects.rename}>
            Rename the tab
          </button>
          <button type="button" onClick={effects.write}>
            Write to the console
          </button>
        </div>
      </section>
      <section className="card" aria-label="The page">
        <h2>The page</h2>
        <div className="actions">
          <button type="button" onClick={effects.find}>
            Focus the input
          </button>
          <button type="button" onClick={effects.scroll}>
            Scroll to the end
          </button>
          <button type="button" onClick={effects.leave}>
            Go to the start page
          </button>
        </div>
        <div className="labelled">
          <label htmlFor="target">An input</label>
          <input id="target" placeholder="The focus comes here" />
        </div>
      </section>
      <div className="far" aria-hidden="true" />
      <p id="bottom-of-page" className="quiet">
        The end of the page.
      </p>
    </Page>
  );
}
