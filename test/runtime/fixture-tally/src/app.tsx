import { createApp, on, useServerState } from "antiphon/react";
import { TallyState } from "./tally.state.ts";

function Tally() {
  return <p>{useServerState(TallyState).count}</p>;
}

const app = createApp();
app.addPage(Tally, { route: "/", title: "Tally", onLoad: on(TallyState, "load") });
app.addPage(Tally, { route: "/notes/[id]", title: "Note" });
app.addPage(Tally, { route: "/secret", guard: () => false, onLoad: on(TallyState, "load") });
export default app;
