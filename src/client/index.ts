/** The app and its pages. */

export type { EventReference, MetaTag, PageGuard, PageGuardResult, RouterLocation } from "../protocol/page.ts";
export type { ClientView, EventArgs, EventName, FieldName, VarName, Wire } from "../state/client-view.ts";
export type { App, ClientPage, ErrorPageProps, PageComponent, PageOptions } from "./create-app.ts";
export { createApp } from "./create-app.ts";
export type { DiagnosticSink } from "./diagnostics.ts";
export { setDiagnosticSink } from "./diagnostics.ts";
export type { Attribution, ClientError, ConnectionState, ConnectionStatus, Engine } from "./engine-types.ts";
export type { FormErrors, FormProps } from "./form.tsx";
export { Form, useFormErrors } from "./form.tsx";
export type { FormValues } from "./form-data.ts";
export type { LazyPage } from "./lazy-page.ts";
export { lazyPage } from "./lazy-page.ts";
export type { LinkProps } from "./link.tsx";
/** Going from page to page. */
export { Link } from "./link.tsx";
export type { RedirectEffect } from "./redirect.ts";
export { redirect } from "./redirect.ts";
export type { RouterView } from "./router.tsx";
export { useRouter } from "./router.tsx";
export type { StartAppOptions } from "./start-app.tsx";
export { replaceApp, startApp } from "./start-app.tsx";
export type { StateStub, StubInfo } from "./state-stub.ts";
/** Called by generated code. */
export { on, stateStub } from "./state-stub.ts";
export type { ConnectionView } from "./use-connection.ts";
/** The connection, and errors as a page sees them. */
export { useConnection } from "./use-connection.ts";
export type { EventHandle, UseEventOptions } from "./use-event.ts";
export { useEvent } from "./use-event.ts";
export type { Field, FieldInputProps, UseFieldOptions } from "./use-field.ts";
/** Inputs and forms. */
export { useField } from "./use-field.ts";
/** State of the server in components. */
export { useServerState } from "./use-server-state.ts";
