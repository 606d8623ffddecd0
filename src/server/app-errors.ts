import { defineErrors } from "../errors.ts";

/** Codes of loading an app's own code. */
export const appErrors = defineErrors({
  SERVER_APP_NOT_EXPORTED: {
    message: (file: string, got: string) =>
      `${file} does not export the app. Expected its default export to be what createApp() returned. Got ${got}. Add the line  export default app;`,
  },
  SERVER_BUILD_ELSEWHERE: {
    message: (built: string, hosted: string) =>
      `The app was built with basePath "${built}" and is started with "${hosted}". Run  antiphon build  again.`,
  },
  SERVER_BUILD_MISSING: {
    message: (file: string) => `${file} does not exist. Expected a built app. Run  antiphon build  first.`,
  },
});
