// The app and its pages.
export {
  type App,
  type AppOptions,
  type Breadcrumb,
  type ClientPage,
  createApp,
  type ErrorPageProps,
  type PageComponent,
  type PageOptions,
} from "./pages/create-app.ts";
export { type LazyPage, lazyPage } from "./pages/lazy-page.ts";
export { on } from "./states/state-stub.ts";
export type {
  EventReference,
  MetaTag,
  PageGuard,
  PageGuardResult,
  PageTitle,
  RouterLocation,
} from "../protocol/page.ts";

// State of the server in components.
export { useServerState } from "./hooks/use-server-state.ts";
export { type UserView, useUser } from "./hooks/use-user.ts";
export { type EventHandle, useEvent, type UseEventOptions } from "./hooks/use-event.ts";
export type {
  ClientView,
  EventArgs,
  EventName,
  FieldName,
  FormFieldName,
  VarName,
  Wire,
} from "../state/client-view.ts";

// Pages of antiphon/auth/pages.
export { useAuthPages } from "./hooks/use-auth-pages.ts";
export type { AuthPageName, AuthPageSettings, AuthRoute } from "../protocol/auth-pages.ts";

// Languages, dates and numbers.
export { useContextValues } from "./hooks/use-context-values.ts";
export { type I18nView, useFormat, useI18n } from "./hooks/use-i18n.ts";
export type { DateStyle, Formats, Moment } from "../protocol/formats.ts";
export { message, type MessageKey, type MessageValues, type Translate } from "../protocol/messages.ts";

// Inputs and forms.
export { type Field, type FieldInputProps, useField, type UseFieldOptions } from "./hooks/use-field.ts";
export type { FieldKind } from "./fields/field-value.ts";
export { Form, type FormProps, useFormErrors } from "./hooks/form.tsx";
export type { FormErrors } from "./fields/form-errors.ts";
export { responseError } from "./response-error.ts";
export type { FormValue, FormValues } from "./fields/form-data.ts";

// Forms of data states.
export { type ModelForm, type ModelFormOptions, type ModelFormProps, useModelForm } from "./forms/use-model-form.ts";
export { type FieldChoice, type ModelFieldView, type ModelInputProps, useModelField } from "./forms/use-model-field.ts";
export { ModelField, type ModelFieldProps } from "./forms/model-field.tsx";
export { type ModelControlProps, ModelInput } from "./forms/model-input.tsx";
export {
  type ConflictField,
  ModelConflict,
  type ModelConflictProps,
  type ModelConflictView,
  useModelConflict,
} from "./forms/model-conflict.tsx";
export type { FormControl } from "./forms/form-control.ts";
export type { FormField } from "../protocol/form-fields.ts";

// Going from page to page.
export { type BreadcrumbLink, useBreadcrumbs } from "./hooks/use-breadcrumbs.ts";
export { Link, type LinkProps } from "./ui/link.tsx";
export { type RouterView, useRouter } from "./pages/router.tsx";
export { redirect, type RedirectEffect } from "./pages/redirect.ts";

// The connection, and errors as a page sees them.
export { type ConnectionView, useConnection } from "./hooks/use-connection.ts";
export { type FreshPage, useFresh } from "./hooks/use-fresh.ts";
export type { Attribution, ClientError, ConnectionState, ConnectionStatus, Engine } from "./engine/engine-types.ts";
export { type DiagnosticSink, setDiagnosticSink } from "./diagnostics.ts";

// Starting an app; called by generated code.
export { appUrl } from "./app-url.ts";
export { renewMessages, replaceApp, startApp, type StartAppOptions } from "./start-app.tsx";
export { stateStub, type StateStub, type StubInfo } from "./states/state-stub.ts";
