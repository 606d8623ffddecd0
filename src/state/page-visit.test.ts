import { expect, it } from "vitest";
import { AntiphonError } from "../errors.ts";
import { pageTable } from "../protocol/page.ts";
import { tagStates } from "./class-info.ts";
import { redirect } from "./effects.ts";
import { event } from "./event.ts";
import { on } from "./on.ts";
import { PageVisit } from "./page-visit.ts";
import { notFound } from "./refusals.ts";
import { StateRegistry } from "./registry.ts";
import { State } from "./state.ts";

const seen: unknown[] = [];

class TicketState extends State {
  static override events = {
    exists: event(),
    answers: event({ args: [{ "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } }] }),
    locked: event({ guard: () => false }),
    moved: event({ guard: () => redirect("/login") }),
    throws: event(),
    returns: event(),
    load: event(),
  };
  asked = 0;

  async exists() {
    this.asked++;
    seen.push(this.asked);
    return this.router.params["id"] === "1";
  }
  answers(value: unknown) {
    return value;
  }
  locked() {
    return true;
  }
  moved() {
    return true;
  }
  throws() {
    throw notFound("No such ticket.");
  }
  returns() {
    return notFound("Not this one.");
  }
  load() {}
}
tagStates("test", { TicketState });

const states = new StateRegistry([{ TicketState }]);
const visit = (page: object, url = "/tickets/1") =>
  new PageVisit({ states, pages: pageTable([{ route: "/tickets/[id]", ...page }]) }, url);
const exists = on(TicketState, "exists");

it("opens the page of a row that exists, on an instance of its own each time", async () => {
  seen.length = 0;
  for (const _ of [1, 2]) expect(await visit({ exists }).decide()).toEqual({ kind: "open" });
  expect(seen).toEqual([1, 1]);
});

it.each([
  ["returns false", exists, "/tickets/2", "This does not exist."],
  ["throws notFound()", on(TicketState, "throws"), "/tickets/1", "No such ticket."],
  ["returns notFound()", on(TicketState, "returns"), "/tickets/1", "Not this one."],
])("a page is missing if its exists %s", async (_, reference, url, message) => {
  expect(await visit({ exists: reference }, url).decide()).toMatchObject({
    kind: "missing",
    error: { code: "NOT_FOUND", message },
  });
});

it("a guard that throws notFound() hides that the page exists", async () => {
  const guard = () => {
    throw notFound();
  };
  expect(await visit({ guard }).decide()).toMatchObject({ kind: "missing" });
});

it("runs the guard first, and exists only if the guard lets the visitor in", async () => {
  seen.length = 0;
  expect(await visit({ exists, guard: () => false }, "/tickets/2").decide()).toEqual({ kind: "refused" });
  const elsewhere = redirect("/login");
  expect(await visit({ exists, guard: () => elsewhere }).decide()).toEqual({ kind: "redirect", redirect: elsewhere });
  expect(seen).toEqual([]);
});

it("a guard of the event refuses or redirects as a guard of the page does", async () => {
  expect(await visit({ exists: on(TicketState, "locked") }).decide()).toEqual({ kind: "refused" });
  expect(await visit({ exists: on(TicketState, "moved") }).decide()).toMatchObject({
    kind: "redirect",
    redirect: { to: "/login" },
  });
});

it.each([undefined, null, 1, "yes", {}])("an exists that returns %j is an error", async (value) => {
  const decision = visit({ exists: on(TicketState, "answers", value) }).decide();
  await expect(decision).rejects.toMatchObject({ code: "EXISTS_RETURN_INVALID" });
  await expect(decision).rejects.toBeInstanceOf(AntiphonError);
});

it("names the events that open the page, and whether anything decides about it", () => {
  const load = on(TicketState, "load");
  expect(visit({ onLoad: load }).onLoad).toEqual([load]);
  expect(visit({ onLoad: [load, load] }).onLoad).toEqual([load, load]);
  expect([visit({}), visit({ exists }), visit({ guard: () => true })].map((each) => each.isGuarded)).toEqual([
    false,
    true,
    true,
  ]);
  const other = visit({}, "/nowhere");
  expect([other.page, other.location.path, other.onLoad, other.isGuarded]).toEqual([undefined, "/nowhere", [], false]);
});
