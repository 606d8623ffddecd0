import { anonymousUser } from "../bridge/anonymous-user.ts";
import { runInRequest } from "../bridge/current-request.ts";
import { type Identity, RequestContext, type RequestSource } from "../bridge/request-context.ts";
import type { RequestSession, RequestUser } from "../bridge/request-types.ts";

/** What a user of the tests has, beside a name. */
export interface FakeUser extends Partial<Omit<RequestUser, "groupNames" | "permissions">> {
  readonly perms?: readonly string[];
  readonly groups?: readonly string[];
}

/** A user who follows the rules of the user table, and counts what is asked of him. */
export function fakeUser({ perms = [], groups = [], ...given }: FakeUser = {}, asked: string[] = []): RequestUser {
  const facts = {
    id: 7,
    username: "ada",
    email: "ada@example.org",
    firstName: "Ada",
    lastName: "Lovelace",
    isAuthenticated: true,
    isActive: true,
    isStaff: false,
    isSuperuser: false,
    ...given,
  };
  const may = (permission: string) => facts.isActive && (facts.isSuperuser || perms.includes(permission));
  const told = <T>(question: string, answer: T): Promise<T> => {
    asked.push(question);
    return Promise.resolve(answer);
  };
  return {
    hasPerm: (permission) => told(`perm ${permission}`, may(permission)),
    hasPerms: (all) => told(`perms ${all.join(" ")}`, all.every(may)),
    hasModulePerms: (app) => told(`module ${app}`, facts.isActive && facts.isSuperuser),
    hasGroup: (name) => told(`group ${name}`, facts.isActive && groups.includes(name)),
    groupNames: () => told("groups", facts.isActive ? groups : []),
    permissions: () => told("permissions", new Set(perms)),
    ...facts,
  };
}

/** Somebody who makes requests; who he is may change between two of them, and within one. */
export class Visitor {
  user: RequestUser;
  readonly values = new Map<string, unknown>();

  constructor(user: RequestUser = anonymousUser) {
    this.user = user;
  }

  /** Runs work in a request of this visitor. */
  in<T>(work: () => T, source: Partial<RequestSource> = {}): T {
    const { values } = this;
    const session = {
      get: (key: string, fallback?: unknown) => values.get(key) ?? fallback,
      set: (key: string, value: unknown) => void values.set(key, value),
    } as unknown as RequestSession;
    const identity: Identity = {
      session: () => session,
      user: () => this.user,
      language: () => "en",
      prepare: () => {},
      forget: () => {},
      finish: () => {},
      isUnsaved: () => false,
      delivered: async () => {},
      owner: () => (this.user.isAuthenticated ? String(this.user.id) : undefined),
      snapshotToken: () => this.user,
      sessionId: () => undefined,
      onChange: () => () => {},
    };
    const context = new RequestContext(
      {
        kind: "event",
        method: "GET",
        url: "/",
        headers: {},
        ip: "::1",
        host: "app.example",
        protocol: "http",
        ...source,
      },
      identity,
    );
    return runInRequest(context, work);
  }
}
