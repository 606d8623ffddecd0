// @vitest-environment happy-dom
import { act, type ReactNode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeEngine } from "../engine/fake-engine.fixture.ts";
import { PageRouter } from "../pages/page-router.ts";
import { createPageRuntime, type PageRuntime, RuntimeContext } from "../pages/page-runtime.ts";
import { builtInStubs } from "../states/built-in-states.fixture.ts";
import { type UserView, useUser } from "./use-user.ts";

const ID = "antiphon.UserState";
const ADA = {
  userId: 7,
  username: "ada",
  email: "ada@example.org",
  firstName: "Ada",
  lastName: "Lovelace",
  isAuthenticated: true,
  isStaff: true,
  isSuperuser: false,
  groupNames: ["Editors"],
};

let engine: FakeEngine;
let runtime: PageRuntime;
let root: Root;
let host: HTMLElement;

beforeEach(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  engine = new FakeEngine();
  const router = new PageRouter({ pages: [], url: "http://localhost/", navigate: () => Promise.resolve() });
  runtime = createPageRuntime({ engine, router, states: builtInStubs });
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
});
afterEach(async () => {
  await act(async () => root.unmount());
  host.remove();
});

const show = (children: ReactNode) =>
  act(async () =>
    root.render(
      <RuntimeContext value={runtime}>
        <Suspense fallback="who?">{children}</Suspense>
      </RuntimeContext>,
    ),
  );
const change = (vars: { readonly [name: string]: unknown }) => act(async () => engine.change(ID, vars));

test("useUser waits for the state that every app has, and tells all of it", async () => {
  let seen: UserView | undefined;
  const Page = () => {
    seen = useUser();
    return <p>{seen.username}</p>;
  };
  await show(<Page />);
  expect([host.textContent, engine.watched.get(ID)]).toEqual(["who?", 1]);
  await change(ADA);
  const { userId: id, ...rest } = ADA;
  expect({ ...seen }).toEqual({ id, ...rest });
  expect(host.textContent).toBe("ada");
});

test("only what a component read of the user renders it again", async () => {
  await change(ADA);
  let renders = 0;
  const Corner = () => {
    const user = useUser();
    renders++;
    return <p>{user.isAuthenticated ? user.username : "Sign in"}</p>;
  };
  await show(<Corner />);
  await change({ email: "a@example.org", isStaff: false, groupNames: [] });
  expect([renders, host.textContent]).toEqual([1, "ada"]);
  await change({ username: "", userId: null, isAuthenticated: false });
  expect([renders, host.textContent]).toEqual([2, "Sign in"]);
});
