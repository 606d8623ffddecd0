import { createApp, useServerState } from "antiphon/react";
import { BusyState, OtherState } from "./busy.state.ts";

function Home() {
  return <p>{useServerState(BusyState).count}</p>;
}
function Other() {
  return <p>{String(useServerState(OtherState).done)}</p>;
}

const app = createApp();
app.addPage(Home, { route: "/", title: "Busy" });
app.addPage(Other, { route: "/other", title: "Other" });
export default app;
