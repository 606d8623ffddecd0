import fastify, { type FastifyInstance } from "fastify";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import type { UserView } from "../../client/hooks/use-user.ts";
import { createApp } from "../../client/pages/create-app.ts";
import type { GuardRule, PageGuard } from "../../protocol/page.ts";
import type { ClientView, EventName, VarName } from "../../state/client-view.ts";
import { toast } from "../../state/effects.ts";
import { event, type Guard } from "../../state/event.ts";
import { State } from "../../state/state.ts";
import { AppState } from "../app-state.ts";
import * as rules from "../pages/index.ts";
import type { UserState } from "../user-state.ts";
import { type UserSnapshot, userSnapshot } from "../users/user-snapshot.ts";
import {
  type AuthGuard,
  groupRequired,
  loginRequired,
  permissionRequired,
  staffRequired,
  superuserRequired,
} from "./guards.ts";
import { requireUser } from "./require-user.ts";

// One value fits all four places.
const guard = loginRequired();
expectTypeOf(guard).toEqualTypeOf<AuthGuard>();
expectTypeOf(guard).toExtend<Guard>();
expectTypeOf(guard).toExtend<PageGuard>();

class GuardedState extends State {
  static override guard = staffRequired();
  static override bridge = "session" as const;
  static override events = {
    save: event({ guard }),
    archive: event({
      args: [z.number()],
      guard: permissionRequired("notes.change_note", { onDenied: ({ event }) => toast.error(event) }),
    }),
  };
  title = "";
  save() {}
  archive(_id: number) {}
}
expectTypeOf<EventName<typeof GuardedState>>().toEqualTypeOf<"save" | "archive">();

const Page = () => null;
createApp()
  .addPage(Page, { route: "/a", guard })
  .addPage(Page, { route: "/b", guard: groupRequired("Editors", "Chiefs") })
  .addPage(Page, { route: "/c", guard: rules.permissionRequired(["notes.view_note"], { loginUrl: "/in" }) })
  .addPage(Page, { route: "/d", guard: rules.anonymousRequired() })
  // @ts-expect-error a guard is a function or a rule
  .addPage(Page, { route: "/e", guard: "login" });

const app: FastifyInstance = fastify();
app.get("/one", { preHandler: guard }, async () => "one");
app.get<{ Params: { id: string } }>("/two/:id", { preHandler: [superuserRequired(), guard] }, async () => "two");
app.post<{ Body: { title: string }; Querystring: { tab: number } }>(
  "/three",
  { preHandler: permissionRequired(["notes.add_note"]) },
  async (request) => request.body.title,
);
app.addHook("preHandler", guard);
app.addHook("onRequest", staffRequired({ loginUrl: "/staff/login" }));

// Rules are data, so they fit pages alone.
expectTypeOf(rules.loginRequired()).toEqualTypeOf<GuardRule>();
// @ts-expect-error a rule is no guard of an event
event({ guard: rules.loginRequired() });
// @ts-expect-error a denial is answered on the server
rules.permissionRequired("a.b", { onDenied: () => true });
// @ts-expect-error there is no such option
loginRequired({ url: "/login" });
// @ts-expect-error groups are names
groupRequired(3);

// A state that knows its user shows the page nothing of it.
class NotesState extends AppState {
  static override events = { open: event(), login: event({ args: [z.string(), z.string()] }) };
  title = "";
  async open(): Promise<unknown> {
    expectTypeOf(this.user.id).toEqualTypeOf<number | string | null>();
    expectTypeOf(this.session.get("theme", "light")).toEqualTypeOf<string>();
    expectTypeOf(this.request.path).toEqualTypeOf<string>();
    expectTypeOf(await super.login("ada", "x")).toEqualTypeOf<boolean>();
    expectTypeOf(await super.login({ username: "ada", password: "x" })).toEqualTypeOf<boolean>();
    // @ts-expect-error a name needs its password
    await super.login("ada");
    return (await this.hasPerm("a.b")) ? undefined : this.onPermissionDenied();
  }
}
expectTypeOf<VarName<NotesState>>().toEqualTypeOf<"title">();
expectTypeOf<keyof ClientView<typeof NotesState>>().toEqualTypeOf<"title" | "open">();
declare const notes: NotesState;
// @ts-expect-error who uses it is for the class itself
notes.user;
// @ts-expect-error signing in is for the class itself
notes.login("ada", "x");
// @ts-expect-error the hooks may be overridden, and not be called
notes.onPermissionDenied();

// What a page is told of a user is the same on both ways.
expectTypeOf<UserView>().toEqualTypeOf<UserSnapshot>();
expectTypeOf(userSnapshot(requireUser())).toEqualTypeOf<UserSnapshot>();
expectTypeOf(requireUser().id).toEqualTypeOf<number | string>();
expectTypeOf<keyof ClientView<typeof UserState>>().toEqualTypeOf<
  | "userId"
  | "username"
  | "email"
  | "firstName"
  | "lastName"
  | "isAuthenticated"
  | "isStaff"
  | "isSuperuser"
  | "groupNames"
  | "sync"
>();
