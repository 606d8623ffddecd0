import type { AntiphonError } from "antiphon";
import { User, type UserRow } from "antiphon/auth";
import { type Database, type ModelClass, model, p } from "antiphon/models";
import type { createApp } from "antiphon/react";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ComponentType } from "react";
import type { PasswordReset } from "../../dist/auth/account/password-reset.js";
import type { PasswordHashing } from "../../dist/auth/passwords/password-hash.js";
import type { Throttle } from "../../dist/auth/throttle/throttle.js";

/** What examples in doc comments speak of without declaring it: the models, values and pages of an app. */
export class Tag extends model("Tag", { id: p.integer().primary(), name: p.string() }) {}

export class Note extends model("Note", {
  id: p.integer().primary(),
  title: p.string(),
  content: p.text().default(""),
  status: p.enum(["draft", "published"]).default("draft"),
  price: p.decimal().nullable(),
  quantity: p.integer().default(0),
  pinned: p.boolean().default(false),
  isPublic: p.boolean().default(false),
  createdAt: p.datetime().onCreate(() => new Date()),
  version: p.integer().version(),
  user: () => p.manyToOne(User),
  tags: () => p.manyToMany(Tag),
}) {}

export class Account extends model("Account", { id: p.integer().primary(), balance: p.integer() }) {}
export class Transfer extends model("Transfer", {
  id: p.integer().primary(),
  from: () => p.manyToOne(Account),
  to: () => p.manyToOne(Account),
  amount: p.integer(),
}) {}
export class BlogPost extends model("BlogPost", { id: p.integer().primary() }) {}
export class Category extends model("Category", { id: p.integer().primary() }) {}

export declare const app: FastifyInstance & ReturnType<typeof createApp>;
export declare const appModels: readonly ModelClass[];
export declare const database: Database;
export declare const request: FastifyRequest<{
  Params: { id: string };
  Querystring: { [name: string]: string };
  Body: { [name: string]: string };
}>;
export declare const query: { readonly field: string; readonly value: string };
export declare const form: { readonly [name: string]: string } & {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly repeated: string;
  readonly old: string;
};
export declare const typed: typeof form;
export declare const user: UserRow & { readonly password: string };
export declare const hashing: PasswordHashing;
export declare const throttle: Throttle;
export declare const reset: PasswordReset;
export declare const username: string;
export declare const email: string;
export declare const password: string;
export declare const confirmPassword: string;
export declare const oldPassword: string;
export declare const stored: string;
export declare const uid: string;
export declare const token: string;
export declare const key: string;
export declare const method: string;
export declare const headers: { readonly [name: string]: string };
export declare const protocol: "http" | "https";
export declare const host: string;
export declare const me: number;
export declare const from: number;
export declare const to: number;
export declare const left: number;
export declare const amount: number;
export declare const note: Note;
export declare const ada: { readonly id: number };
export declare const publish: { readonly id: number };
export declare const row: { readonly id: number };
export declare const failure: AntiphonError;
export declare function work(): Promise<void>;
export declare function readAgain(): Promise<void>;
export declare function rowsOf(user: number | string | null): Promise<object[]>;
export declare const Notes: ComponentType;
export declare const Audit: ComponentType;
export declare const Desk: ComponentType;
export declare const Reports: ComponentType;
export declare const Danger: ComponentType;
export declare const SignIn: ComponentType;
