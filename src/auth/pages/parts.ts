import { type ComponentType, createElement, use } from "react";
import type * as Blocks from "./views/blocks.tsx";
import type * as Shell from "./views/shell.tsx";

type PartModule = typeof Blocks & typeof Shell;
type PropsOf<K extends keyof PartModule> = PartModule[K] extends (props: infer P) => unknown ? P : never;

let loading: Promise<PartModule> | undefined;

/** The pages load the same files, so that a part of a page never waits. */
function load(): Promise<PartModule> {
  loading ??= Promise.all([import("./views/blocks.tsx"), import("./views/shell.tsx")]).then(([blocks, shell]) => ({
    ...blocks,
    ...shell,
  }));
  return loading;
}

/** Makes a part whose code is loaded with the first page that is shown. */
function part<K extends keyof PartModule>(name: K): ComponentType<PropsOf<K>> {
  const Part = (props: PropsOf<K>) => createElement(use(load())[name] as ComponentType<object>, props as object);
  return Object.assign(Part, { displayName: name });
}

/** The ground of a page: its brand, and the card below it. */
export const AuthPageShell: ComponentType<PropsOf<"AuthPageShell">> = /* @__PURE__ */ part("AuthPageShell");
/** The card that holds a page. */
export const AuthCard: ComponentType<PropsOf<"AuthCard">> = /* @__PURE__ */ part("AuthCard");
/** The form of a page, which sends its inputs to the page's state. */
export const AuthForm: ComponentType<PropsOf<"AuthForm">> = /* @__PURE__ */ part("AuthForm");
/** The picture of `auth.brandIcon`. */
export const BrandIcon: ComponentType<PropsOf<"BrandIcon">> = /* @__PURE__ */ part("BrandIcon");
/** An input in full width with its label, and what the server refuses about its value. */
export const LabeledField: ComponentType<PropsOf<"LabeledField">> = /* @__PURE__ */ part("LabeledField");
/** An input for a password, with a button that shows it. */
export const PasswordField: ComponentType<PropsOf<"PasswordField">> = /* @__PURE__ */ part("PasswordField");
/** The button that sends the form. */
export const SubmitButton: ComponentType<PropsOf<"SubmitButton">> = /* @__PURE__ */ part("SubmitButton");
/** A refusal, which is announced at once. */
export const ErrorCallout: ComponentType<PropsOf<"ErrorCallout">> = /* @__PURE__ */ part("ErrorCallout");
/** A success, which is announced when the screen reader is quiet. */
export const SuccessCallout: ComponentType<PropsOf<"SuccessCallout">> = /* @__PURE__ */ part("SuccessCallout");
/** A link to another page of the app. */
export const TextLink: ComponentType<PropsOf<"TextLink">> = /* @__PURE__ */ part("TextLink");
