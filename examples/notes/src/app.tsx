import { loginRequired } from "antiphon/auth/pages";
import { createApp, on } from "antiphon/react";
import { AccountState } from "./account.state.ts";
import { Layout } from "./layout.tsx";
import { NotesState } from "./notes.state.ts";
import { LoginPage } from "./pages/login.tsx";
import { NotesPage } from "./pages/notes.tsx";
import { StartPage } from "./pages/start.tsx";
import "./style.css";

const app = createApp();
app.setLayout(Layout);
app.addPage(StartPage, { route: "/", title: "Notes", onLoad: on(AccountState, "open") });
app.addPage(LoginPage, { route: "/login", title: "Sign in · Notes", onLoad: on(AccountState, "open") });
app.addPage(NotesPage, {
  route: "/notes",
  title: "My notes · Notes",
  // Asked for on the server, before the page is sent and before its events run.
  guard: loginRequired(),
  onLoad: [on(AccountState, "open"), on(NotesState, "refresh")],
});

export default app;
