import { setTimeout as wait } from "node:timers/promises";
import { event, State, toast } from "antiphon/state";

const STORY = `Once upon a time a state lived on a server. It had a story to tell, and a page that wanted to read it.
"Must I wait until you are done?" asked the page. "No," said the state, "I send each word as I find it, and only that word."
So the page read along, and when its line broke in the middle of a sentence, it came back and had missed nothing.`;

export class StoryState extends State {
  static override events = {
    // A new call takes the place of the one that still runs.
    write: event({ concurrency: "latest" }),
    // Other events wait until the story is told. This one runs beside it, and writes inside update().
    stop: event({ concurrency: "parallel" }),
  };

  text = "";
  writing = false;

  get words() {
    return this.text.split(/\s+/).filter(Boolean).length;
  }

  // What has changed is sent at each yield; there, the updates of others get their turn.
  async *write() {
    this.text = "";
    this.writing = true;
    for (const word of STORY.split(/(?<=\s)/)) {
      yield;
      if (!this.writing) return;
      this.text += word;
      await wait(40, undefined, { signal: this.signal });
    }
    this.writing = false;
    return toast.success("The end.");
  }

  async stop() {
    await this.update(() => {
      this.writing = false;
    });
  }
}
