import { createApp } from "antiphon/react";

const app = createApp();
app.addPage(() => <h1>Jobs</h1>, { route: "/", title: "Jobs" });
export default app;
