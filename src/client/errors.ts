import { defineErrors } from "../errors.ts";

/** Codes of what goes wrong in the page. */
export const clientErrors = defineErrors({
  CLIENT_PAGE_INVALID: {
    message: (page: string, reason: string) =>
      `The page ${page} cannot be added: ${reason}. Expected app.addPage(Component, { route: "/notes/[id]" }).`,
  },
  CLIENT_APP_INVALID: {
    message: (reason: string) =>
      `createApp() cannot make this app: ${reason}. Expected createApp() or createApp({ guard: loginRequired() }).`,
  },
  CLIENT_MESSAGES_FAILED: {
    message: (language: string) =>
      `The messages of the page in the language "${language}" could not be fetched. The page keeps the texts that it has, and tries again.`,
  },
  CLIENT_PAGE_DUPLICATE: {
    message: (page: string, route: string, other: string, otherRoute: string) =>
      `The page ${page} at "${route}" matches the same paths as the page ${other} at "${otherRoute}". ` +
      `Expected one page per path: change or remove one of the two routes.`,
  },
  CLIENT_PAGE_LOAD_FAILED: {
    expose: true,
    message: (page: string) =>
      `The code of the page ${page} could not be loaded. The connection failed, or a new version of the app is there: reload the page.`,
  },
  CLIENT_PAGE_EXPORT_MISSING: {
    message: (name: string, got: string) =>
      `lazyPage() found no component as the export "${name}". Expected a function component. Got ${got}. ` +
      `Name the export: lazyPage(() => import("./pages/notes.tsx"), "Notes").`,
  },
  CLIENT_NOT_A_STATE: {
    message: (where: string, got: string) =>
      `${where} was not given a state class. Expected a class exported by a *.state.ts file. Got ${got}. ` +
      `Write for example: import { NotesState } from "./notes.state.ts".`,
  },
  CLIENT_VAR_UNKNOWN: {
    message: (state: string, name: string, hint: string) =>
      `${state} shows the browser nothing called "${name}". Expected ${hint}. ` +
      `A name that begins with _ stays on the server; a method must stand in static events to be called.`,
  },
  CLIENT_VAR_READ_ONLY: {
    message: (state: string, name: string) =>
      `"${name}" of ${state} cannot be assigned in the browser: vars are written on the server. ` +
      `Call an event that sets it, or list it in static fields and bind it with useField(${state}, "${name}").`,
  },
  CLIENT_EVENT_UNKNOWN: {
    message: (state: string, name: string, hint: string) =>
      `${state} has no event "${name}". Expected ${hint}. Add it on the server: static override events = { ${name}: event() }.`,
  },
  CLIENT_EVENT_ARGUMENT: {
    message: (state: string, event: string, position: number) =>
      `Argument ${position} of ${state}.${event} is an event of the browser, which cannot travel. Expected plain data. ` +
      `Write for example: onChange={(e) => view.${event}(e.currentTarget.value)}.`,
  },
  CLIENT_FIELD_UNKNOWN: {
    message: (state: string, name: string, hint: string) =>
      `The browser may not write "${name}" of ${state}. Expected ${hint}. ` +
      `Allow it on the server: static override fields = { ${name}: z.string() }.`,
  },
  CLIENT_FIELD_CONTROL: {
    message: (field: string, expected: string, got: string) =>
      `The field "${field}" cannot be shown by this control. Expected ${expected}. Got ${got}.`,
  },
  CLIENT_FORM_MISSING: {
    message: (hook: string, state: string) =>
      `${hook} got ${state}, which has no form. Expected a state of ModelState() or ModelCRUDView(). For one field of another state use useField().`,
  },
  CLIENT_FORM_FIELD: {
    message: (state: string, name: string, hint: string) =>
      `The form of ${state} does not edit "${name}". Expected ${hint}. List it in the option fields, and not in readOnlyFields.`,
  },
  CLIENT_FORM_OPTIONS: {
    message: (state: string, name: string, field: string) =>
      `The form of ${state} cannot offer rows for "${name}". Add to the options of the state:  relations: { ${field}: { label: "name" } }.`,
  },
  CLIENT_FIELD_FILE: {
    message: (name: string) =>
      `The file input "${name}" is not sent, because files do not travel over the socket. Send its file to an HTTP view with fetch().`,
  },
  CLIENT_OUTSIDE_APP: {
    message: (hook: string) =>
      `${hook} was used outside of the app. Expected a component under a page that app.addPage() added and startApp() rendered.`,
  },
  CLIENT_STATES_MISSING: {
    message: (hook: string, name: string) =>
      `${hook} needs the stub of ${name}, which startApp() was not given. Expected  startApp(app, { states: { UserState, I18nState, ContextState } }).`,
  },
  CLIENT_ROOT_MISSING: {
    message: (selector: string) =>
      `The document has no element "${selector}" to render into. Expected <div id="root"></div> in index.html.`,
  },
  CLIENT_NOT_AN_APP: {
    message: (got: string) =>
      `startApp() was not given an app. Expected what createApp() returns. Got ${got}. ` +
      `End src/app.tsx with: export default app;`,
  },
  CLIENT_STARTED_TWICE: {
    message: () =>
      `startApp() was called twice. Expected one call per document; replaceApp() puts a new app in the old one's place.`,
  },
  CLIENT_EFFECT_UNKNOWN: {
    message: (effect: string) =>
      `The server asked for the effect "${effect}", which this page does not know. Reload the page.`,
  },
  CLIENT_EFFECT_URL_REFUSED: {
    message: (effect: string, url: string, reason: string) => `A ${effect} to "${url}" was refused: ${reason}.`,
  },
  CLIENT_EFFECT_NO_TARGET: {
    message: (effect: string, target: string) =>
      `A ${effect} effect found no element with the id or name "${target}". Expected one on the page that is shown.`,
  },
  CLIENT_EFFECT_FAILED: {
    message: (effect: string, reason: string) => `The effect "${effect}" could not be performed: ${reason}.`,
  },
  CLIENT_CLOSED: {
    message: () => "The page has ended its connection, so nothing can be sent any more.",
  },
  CLIENT_CONNECTION_SILENT: {
    message: () => "The server does not answer.",
  },
  CLIENT_SOCKET_BLOCKED: {
    message: () =>
      "The server answers HTTP, but no WebSocket to it opens. A proxy, firewall or browser extension may block WebSockets.",
  },
  CLIENT_REDIRECT_LOOP: {
    message: (path: string, limit: number) =>
      `${path} was not opened: the guards, the onLoad or the app's hooks of it and of the pages before it have redirected ${limit} times in a row. Expected one of these pages to open without a redirect.`,
  },
  CLIENT_QUEUE_FULL: {
    message: (limit: number) => `${limit} calls wait for the server already. Try again when it has answered.`,
  },
  CLIENT_FRAME_TOO_LARGE: {
    message: (size: number, limit: number) =>
      `A call of about ${size} characters is too large for the socket, which takes ${limit}. Upload large content as a file.`,
  },
  CLIENT_OUTCOME_UNKNOWN: {
    message: (call: string) =>
      `The connection was lost while ${call} ran, and the server no longer knows of it (it was restarted, or the page missed too much). Check whether it was done, and try again if it was not.`,
  },
  CLIENT_TEXT_NOT_WRITTEN: {
    message: () =>
      "The page was reset, and what you entered this text for is no longer open, or it has changed. The text was not saved. Open it again, or submit again to use the text for what the page shows now.",
  },
  CLIENT_STATE_GONE: {
    message: (call: string) =>
      `${call} did not run: the page was reset before it was sent. Check the page and try again.`,
  },
  CLIENT_USER_CHANGED: {
    message: (call: string) => `${call} did not run: the signed-in user has changed. Try again if you still need it.`,
  },
  CLIENT_FRAME_MISSING: {
    message: (expected: number, got: number) =>
      `The frame ${expected} did not arrive, ${got} did. The states are asked for again.`,
  },
  CLIENT_COOKIES_REFUSED: {
    message: (status: number) =>
      `The browser could not fetch the cookies that an event set${status === 0 ? "" : ` (status ${status})`}. If you have just signed in, sign in again.`,
  },
  CLIENT_COOKIES_DROPPED: {
    message: (why: "plain HTTP" | "blocked") =>
      why === "plain HTTP"
        ? "The browser did not keep the session cookie, because this page was opened over plain HTTP. You will be signed out when you reload it. Open the app over HTTPS. In a closed network, the app may set  session: { secure: false, allowInsecure: true }."
        : "The browser did not keep the cookies of this site. A sign-in and a chosen language are lost when you reload the page or the connection ends. Allow cookies for this site. If another site shows this page in a frame, open it in a tab of its own.",
  },
  CLIENT_RESPONSE_FAILED: {
    message: (status: number) => `The server answered with the status ${status}.`,
  },
  CLIENT_VALUE_MISSING: {
    message: (key: string, name: string) =>
      `t(${JSON.stringify(key)}) has no value for {{${name}}}. Pass it: t("…", { ${name}: … }).`,
  },
  CLIENT_KEY_UNKNOWN: {
    message: (key: string, language: string) =>
      `t(${JSON.stringify(key)}) has no translation into "${language}" here: the key is not among the messages of the page. Expected a key that a module of the page has as a plain text. Write t("…") with the text, or mark the text with message("…"). If you have just written it, reload the page.`,
  },
  CLIENT_PAGE_CRASHED: {
    message: (reason: string) => `A component of the page threw: ${reason}`,
  },
});
