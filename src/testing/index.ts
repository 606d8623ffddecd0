// Testing an app without a browser.
export type { BrowserRequest } from "./browser-fetch.ts";
export { type OpenOptions, TestApp, type TestAppOptions, TestBrowser, testApp } from "./test-app.ts";
export type { TestTab } from "./test-tab.ts";
