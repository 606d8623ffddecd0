// @vitest-environment happy-dom
import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, test } from "vitest";
import { placePages } from "../../protocol/auth-pages.ts";
import { FakeEngine } from "../engine/fake-engine.fixture.ts";
import { type App, createApp } from "../pages/create-app.ts";
import { PageRouter } from "../pages/page-router.ts";
import { createPageRuntime, RuntimeContext } from "../pages/page-runtime.ts";
import { LocationContext } from "../pages/router.tsx";
import { builtInStubs } from "../states/built-in-states.fixture.ts";
import { type BreadcrumbLink, useBreadcrumbs } from "./use-breadcrumbs.ts";

const Page = () => null;

async function crumbsAt(app: App, url: string): Promise<readonly BreadcrumbLink[]> {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  const pages = placePages(app.pages, { routes: {} });
  const router = new PageRouter({ pages, url: `http://localhost${url}`, navigate: () => Promise.resolve() });
  const runtime = createPageRuntime({ engine: new FakeEngine(), router, states: builtInStubs });
  let seen: readonly BreadcrumbLink[] = [];
  const Trail = () => {
    seen = useBreadcrumbs();
    return null;
  };
  const root = createRoot(document.createElement("div"));
  await act(async () =>
    root.render(
      <RuntimeContext value={runtime}>
        <LocationContext value={{ router, state: router.state(), pending: false }}>
          <Trail />
        </LocationContext>
      </RuntimeContext>,
    ),
  );
  await act(async () => root.unmount());
  return seen;
}

test("row 204: a page's breadcrumbs lead to the pages above it, with its own parameters", async () => {
  const app = createApp()
    .addPage(Page, { route: "/", title: "Start" })
    .addPage(Page, {
      route: "/teams/[team]/notes/[id]",
      title: ({ params }) => `Note ${String(params["id"])}`,
      breadcrumbs: [
        { title: "Start", href: "/" },
        { title: ({ params }) => `Team ${String(params["team"])}`, href: "/teams/[team]" },
      ],
    });
  expect(await crumbsAt(app, "/teams/a%20b/notes/3?tab=2")).toEqual([
    { title: "Start", href: "/", isCurrent: false },
    { title: "Team a b", href: "/teams/a%20b", isCurrent: false },
    { title: "Note 3", href: "/teams/a%20b/notes/3", isCurrent: true },
  ]);
  expect(await crumbsAt(app, "/")).toEqual([]);
  expect(await crumbsAt(app, "/nowhere")).toEqual([]);
});
