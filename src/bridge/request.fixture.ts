import { anonymousUser } from "./anonymous-user.ts";
import { type Identity, RequestContext, type RequestSource } from "./request-context.ts";
import type { RequestSession, RequestUser } from "./request-types.ts";

/** An identity that takes the cookie `user` for a name, and notes what it was asked for. */
export class NameIdentity implements Identity {
  readonly calls: string[] = [];

  session(context: RequestContext): RequestSession {
    this.calls.push("session");
    const values = new Map([["name", context.cookies["user"]]]);
    return { get: (key: string) => values.get(key) } as RequestSession;
  }

  user(context: RequestContext): RequestUser {
    this.calls.push("user");
    const username = context.cookies["user"];
    if (username === undefined) return anonymousUser;
    return { ...anonymousUser, id: 1, username, email: `${username}@example.org`, isAuthenticated: true };
  }

  language(context: RequestContext): string {
    this.calls.push("language");
    return context.cookies["language"] ?? "en";
  }

  prepare(): void {}
  forget(): void {}
  finish(): void {}
  isUnsaved(): boolean {
    return false;
  }
  async delivered(): Promise<void> {}
  owner(context: RequestContext): string | undefined {
    return context.cookies["user"];
  }
  snapshotToken(): unknown {
    return undefined;
  }
  sessionId(): string | undefined {
    return undefined;
  }
  onChange(): () => void {
    return () => {};
  }
}

/** A request as an event makes it. */
export function requestOf(
  given: Partial<RequestSource> & { readonly cookie?: string } = {},
  identity: Identity = new NameIdentity(),
): RequestContext {
  const { cookie, ...source } = given;
  const headers = cookie === undefined ? {} : { cookie };
  return new RequestContext(
    {
      kind: "event",
      method: "GET",
      url: "/",
      headers,
      ip: "192.0.2.1",
      host: "a.example",
      protocol: "https",
      ...source,
    },
    identity,
  );
}
