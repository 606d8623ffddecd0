import { expect, test } from "vitest";
import { clientEntryCode, serverEntryCode } from "./entries.ts";

test("the server's entry lists the app, its routes, its models and its state modules under their short names", () => {
  const files = {
    app: "/app/src/app.tsx",
    routes: "/app/src/routes.ts",
    models: "/app/src/models.ts",
    states: ["/app/src/a.state.ts"],
  };
  expect(serverEntryCode("/app", files)).toMatchInlineSnapshot(`
    "import * as state0 from "/app/src/a.state.ts";
    export { default as app } from "/app/src/app.tsx";
    export { default as routes } from "/app/src/routes.ts";
    export * as models from "/app/src/models.ts";
    export const stateModules = [state0];
    export const stateFiles = ["src/a.state.ts"];
    "
  `);
});

test("without routes the server's entry says so instead of importing a file that is not there", () => {
  const code = serverEntryCode("/app", { app: "/app/src/app.tsx", routes: undefined, models: undefined, states: [] });
  expect(code).toContain("export const routes = undefined;");
  expect(code).toContain("export const models = undefined;");
  expect(code).toContain("export const stateModules = [];");
});

test("the browser's entry starts the app and takes a changed one in", () => {
  const code = clientEntryCode("/app/src/app.tsx");
  expect(code).toContain('import app from "/app/src/app.tsx";');
  expect(code).toMatch(
    /hot\?\.data\.started\) replaceApp\(app\);\nelse startApp\(app, \{ states: \{ UserState, I18nState, ContextState \} \}\);/,
  );
  expect(code).toContain("import.meta.hot.accept();");
});
