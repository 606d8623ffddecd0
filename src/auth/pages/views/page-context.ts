import { type ComponentType, createContext, createElement, type ReactNode, useContext } from "react";
import { authPageErrors } from "../errors.ts";
import type { AnySlots, AuthPageContext, AuthStateClass, PartSlot, TextSlot } from "../slots.ts";

/** What the parts of one page share. */
export interface PageParts {
  readonly auth: AuthPageContext;
  readonly stateClass: AuthStateClass;
  readonly slots: AnySlots;
  /** The usual parts, by their names. */
  readonly usual: { readonly [part: string]: ComponentType };
  /** Names of the parts below each other. */
  readonly order: readonly string[];
  /** Sends the values of the page's form. */
  readonly submit: (values: object) => Promise<void>;
  /** Why the last form was refused; empty if it was not. */
  readonly error: string;
  /** Number of forms that were answered: the same refusal is announced again. */
  readonly answers: number;
  /** Tells the page that it shows an input with this name. Returns what ends that. */
  readonly showField: (name: string) => () => void;
  /** True if the page shows an input with this name. */
  readonly hasField: (name: string) => boolean;
  /** Name of the input that `error` is about. */
  readonly errorField: string;
}

/** Carries the page to its parts. */
export const PagePartsContext = createContext<PageParts | undefined>(undefined);

/** Returns the page that a part belongs to. @throws AUTH_PAGE_OUTSIDE */
export function usePageParts(part: string): PageParts {
  const parts = useContext(PagePartsContext);
  if (!parts) throw authPageErrors.AUTH_PAGE_OUTSIDE(part);
  return parts;
}

/** Shows a part of the page: the author's, or the usual one. */
export function Part({ name }: { readonly name: string }): ReactNode {
  const { auth, slots, usual } = usePageParts(name);
  const Usual = usual[name] as ComponentType;
  const own = slots[name] as PartSlot<AuthStateClass> | undefined;
  return own ? own(auth, Usual) : createElement(Usual);
}

/** Returns a text of the page: the author's, which is translated unless a function returns it, or the usual one. */
export function useTextSlot(name: string, usual: string): string {
  const { auth, slots } = usePageParts(name);
  const own = slots[name] as TextSlot<AuthStateClass> | undefined;
  if (own === undefined) return usual;
  return typeof own === "function" ? own(auth) : auth.t(own);
}
