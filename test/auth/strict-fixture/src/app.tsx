import { createApp, useServerState } from "antiphon/react";
import { AccountsState } from "./accounts.state.ts";

function Home() {
  useServerState(AccountsState);
  return <p>Accounts</p>;
}

const app = createApp();
app.addPage(Home, { route: "/", title: "Accounts" });
export default app;
