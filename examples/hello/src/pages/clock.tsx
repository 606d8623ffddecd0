import { useServerState } from "antiphon/react";
import { ClockState } from "../clock.state.ts";
import { Page } from "../layout.tsx";

export function ClockPage() {
  const clock = useServerState(ClockState);
  return (
    <Page
      title="A clock that runs on the server"
      lead="A background event ticks beside everything else that the tab does. It goes on when you visit another page, and when the connection is lost for a moment."
    >
      <section className="card counter" aria-label="Clock">
        <output className="big" data-testid="seconds" aria-label={`${clock.seconds} seconds`}>
          {format(clock.seconds)}
        </output>
        <div className="actions">
          {clock.running ? (
            <button type="button" className="main" onClick={clock.stop}>
              Stop
            </button>
          ) : (
            <button type="button" className="main" onClick={clock.start}>
              Start
            </button>
          )}
          <button type="button" onClick={clock.clear}>
            Back to zero
          </button>
        </div>
      </section>
    </Page>
  );
}

function format(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
