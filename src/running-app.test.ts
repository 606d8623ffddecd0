import { expect, test } from "vitest";
import { runWith } from "./context-variable.ts";
import { AppPart, appBound, currentApp, RunningApp } from "./running-app.ts";

const mail = new AppPart<string>("mail");
const users = new AppPart<string>("users");

test("code finds the parts of the app that runs it, and those of the app around it for the rest", () => {
  const [outer, inner] = [new RunningApp(), new RunningApp()];
  outer.put(mail, "outer mail");
  outer.put(users, "outer users");
  inner.put(users, "inner users");
  const seen = () => [currentApp()?.get(mail), currentApp()?.get(users)];
  expect(seen()).toEqual([undefined, undefined]);
  expect(runWith([appBound(inner)], seen)).toEqual([undefined, "inner users"]);
  expect(runWith([appBound(outer)], () => runWith([appBound(inner)], seen))).toEqual(["outer mail", "inner users"]);
  expect(runWith([appBound(outer)], () => runWith([appBound(outer)], currentApp))).toBe(outer);
});

test("an app whose code was loaded again has the same layers and no parts of its own yet", () => {
  const base = new RunningApp();
  base.put(mail, "mail");
  const app = new RunningApp(base);
  app.put(users, "users");
  expect([app.anew().get(mail), app.anew().get(users)]).toEqual(["mail", undefined]);
});

test("an app is in the stack once, however often code that runs in it binds it and others again", () => {
  const apps = [new RunningApp(), new RunningApp(), new RunningApp()] as const;
  const [first, second, third] = apps;
  first.put(mail, "first mail");
  second.put(users, "second users");
  const within = (list: readonly RunningApp[], work: () => void): void => {
    const [app, ...others] = list;
    if (app === undefined) work();
    else runWith([appBound(app)], () => within(others, work));
  };
  const numbers = () => currentApp()?.stack.map((app) => apps.indexOf(app));
  within([third, first, second], () => {
    const once = currentApp();
    expect(numbers()).toEqual([1, 0, 2]);
    within([second], () => expect(currentApp()).toBe(once));
    within([first, second, first], () => {
      expect(numbers()).toEqual([0, 1, 2]);
      expect([currentApp()?.get(mail), currentApp()?.get(users)]).toEqual(["first mail", "second users"]);
    });
  });
});
