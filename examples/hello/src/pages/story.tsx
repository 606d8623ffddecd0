import { useEvent, useServerState } from "antiphon/react";
import { Page } from "../layout.tsx";
import { StoryState } from "../story.state.ts";

export function StoryPage() {
  const story = useServerState(StoryState);
  // For an event whose failure is no matter here: a story that is begun anew gives the old one up.
  const write = useEvent(StoryState, "write");
  return (
    <Page
      title="A story, word by word"
      lead="The handler is a generator. Each yield sends what has changed since the last one: the words that were added, never the whole text."
    >
      <div className="actions">
        <button type="button" className="main" onClick={() => write.call()}>
          {story.text === "" ? "Tell me" : "Once more"}
        </button>
        <button type="button" onClick={story.stop} disabled={!story.writing}>
          Stop
        </button>
        <span className="quiet">
          <output data-testid="words">{story.words}</output> words
        </span>
      </div>
      <article className="card story" aria-label="Story" aria-busy={story.writing} data-testid="story">
        {story.text || <span className="quiet">Nothing yet.</span>}
      </article>
    </Page>
  );
}
