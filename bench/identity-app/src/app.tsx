import { createApp, useServerState } from "antiphon/react";
import { FullState, NoneState, SessionState } from "./counters.state.ts";

function Counters() {
  const counters = [useServerState(NoneState), useServerState(SessionState), useServerState(FullState)];
  return <p>{counters.map(({ count }) => count).join(" ")}</p>;
}

const app = createApp();
app.addPage(Counters, { route: "/" });
export default app;
