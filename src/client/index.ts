// The app and its pages.
export {
  type App,
  type AppOptions,
  type ClientPage,
  createApp,
  type ErrorPageProps,
  type PageComponent,
  type PageOptions,
} from "./create-app.ts";
export { type LazyPage, lazyPage } from "./lazy-page.ts";
export { on } from "./state-stub.ts";
export type { EventReference, MetaTag, PageGuard, PageGuardResult, RouterLocation } from "../protocol/page.ts";

// State of the server in components.
export { useServerState } from "./use-server-state.ts";
export { type UserView, useUser } from "./use-user.ts";
export { type EventHandle, useEvent, type UseEventOptions } from "./use-event.ts";
export type { ClientView, EventArgs, EventName, FieldName, VarName, Wire } from "../state/client-view.ts";

// Inputs and forms.
export { type Field, type FieldInputProps, useField, type UseFieldOptions } from "./use-field.ts";
export type { FieldKind } from "./field-value.ts";
export { Form, type FormProps, useFormErrors } from "./form.tsx";
export type { FormErrors } from "./form-errors.ts";
export { responseError } from "./response-error.ts";
export type { FormValue, FormValues } from "./form-data.ts";

// Going from page to page.
export { Link, type LinkProps } from "./link.tsx";
export { type RouterView, useRouter } from "./router.tsx";
export { redirect, type RedirectEffect } from "./redirect.ts";

// The connection, and errors as a page sees them.
export { type ConnectionView, useConnection } from "./use-connection.ts";
export { type FreshPage, useFresh } from "./use-fresh.ts";
export type { Attribution, ClientError, ConnectionState, ConnectionStatus, Engine } from "./engine-types.ts";
export { type DiagnosticSink, setDiagnosticSink } from "./diagnostics.ts";

// Starting an app; called by generated code.
export { replaceApp, startApp, type StartAppOptions } from "./start-app.tsx";
export { stateStub, type StateStub, type StubInfo } from "./state-stub.ts";
