import { createApp } from "antiphon/react";

function Page() {
  return <p>A page</p>;
}

const app = createApp();
app.addPage(Page, { route: "/", title: "Desk" });
export default app;
