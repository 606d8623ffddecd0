import { anonymousRequired, loginRequired, staffRequired } from "antiphon/auth/pages";
import { createApp } from "antiphon/react";

function Page() {
  return <p>A page</p>;
}

const app = createApp({ guard: loginRequired() });
app.addPage(Page, { route: "/" });
app.addPage(Page, { route: "/staff", guard: staffRequired() });
app.addPage(Page, { route: "/login", guard: anonymousRequired() });
app.addPage(Page, { route: "/about", guard: false });
export default app;
