// Testing an app without a browser.
export type { BrowserRequest } from "./browser-fetch.ts";
export { type OpenOptions, TestApp, type TestAppOptions, TestBrowser, testApp } from "./test-app.ts";
export type { TestTab, UntilOptions } from "./test-tab.ts";

// Below events: the client's engine alone, and the messages of the wire. They follow the protocol's version.
export { createEngine, type EngineOptions, type TestableEngine } from "../client/engine.ts";
export type { Environment } from "../client/engine/environment.ts";
export type {
  ClosingMessage,
  Effect,
  Hello,
  ProblemMessage,
  ServerFrame,
  Welcome,
  WireError,
} from "../protocol/frames.ts";
