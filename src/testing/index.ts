// Testing an app without a browser.
export { type OpenOptions, TestApp, type TestAppOptions, TestBrowser, testApp } from "./test-app.ts";
export type { TestTab } from "./test-tab.ts";
