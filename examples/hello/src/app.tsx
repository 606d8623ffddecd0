import { createApp, lazyPage, on, redirect } from "antiphon/react";
import { HelloState } from "./hello.state.ts";
import { Layout } from "./layout.tsx";
import { HelloPage } from "./pages/hello.tsx";
import { RowsState } from "./rows.state.ts";
import "./style.css";

const app = createApp();
app.setLayout(Layout);
app.addPage(HelloPage, { route: "/", title: "Hello", onLoad: on(HelloState, "open") });

// The code of a lazy page is a file of its own, which is loaded when a link to it is pointed at.
app.addPage(
  lazyPage(() => import("./pages/form.tsx"), "FormPage"),
  { route: "/form", title: "Forms · Hello" },
);
app.addPage(
  lazyPage(() => import("./pages/story.tsx"), "StoryPage"),
  { route: "/story", title: "A story · Hello" },
);
app.addPage(
  lazyPage(() => import("./pages/clock.tsx"), "ClockPage"),
  { route: "/clock", title: "Clock · Hello" },
);
app.addPage(
  lazyPage(() => import("./pages/rows.tsx"), "RowsPage"),
  { route: "/rows", title: "Rows · Hello" },
);
app.addPage(
  lazyPage(() => import("./pages/row.tsx"), "RowPage"),
  {
    route: "/rows/[id]",
    title: ({ params }) => `Row ${params.id} · Hello`,
    // Guards run on the server, for the first request of a page and for each way to it.
    guard: ({ params }) => /^\d+$/.test(String(params.id)) || redirect("/rows"),
    onLoad: on(RowsState, "open"),
  },
);
app.addPage(
  lazyPage(() => import("./pages/effects.tsx"), "EffectsPage"),
  { route: "/effects", title: "Effects · Hello" },
);
app.addPage(
  lazyPage(() => import("./pages/failures.tsx"), "FailuresPage"),
  {
    route: "/failures",
    title: "Failures · Hello",
  },
);
app.addPage(
  lazyPage(() => import("./pages/secret.tsx"), "SecretPage"),
  {
    route: "/secret",
    title: "A secret · Hello",
    guard: ({ query }) => query.word === "sesame",
  },
);

export default app;
