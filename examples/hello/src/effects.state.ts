import {
  copyToClipboard,
  download,
  event,
  focus,
  log,
  redirect,
  State,
  scrollTo,
  setTitle,
  toast,
} from "antiphon/state";
import { z } from "zod";

const Level = z.enum(["info", "success", "warning", "error"]);

/** What a handler returns or yields beside its changes is done by the page. */
export class EffectsState extends State {
  static override events = {
    notify: event({ args: [Level] }),
    save: event(),
    copy: event(),
    find: event(),
    scroll: event(),
    rename: event(),
    write: event(),
    leave: event(),
    several: event(),
  };

  notify(level: z.infer<typeof Level>) {
    return toast[level](`This is how "${level}" looks.`);
  }

  save() {
    return download({ filename: "hello.csv", content: "word,language\nhello,en\nmarhaba,ar\n", mimeType: "text/csv" });
  }

  copy() {
    return [copyToClipboard("Copied by a handler on the server."), toast.info("It is on your clipboard.")];
  }

  find() {
    return focus("target");
  }

  scroll() {
    return scrollTo("bottom-of-page");
  }

  rename() {
    return setTitle("Renamed by the server");
  }

  write() {
    return log("A line for the browser's console.");
  }

  leave() {
    return redirect("/");
  }

  // A generator may do one thing after the other.
  *several() {
    yield toast.info("First this,", { duration: 2000 });
    yield toast.info("then that,", { duration: 3000 });
    return toast.success("and it is done.", { title: "Three in a row" });
  }
}
