import { expectTypeOf, test } from "vitest";
import type { EventEntry } from "../state/client-view.ts";
import {
  type ClientView,
  createApp,
  type EventReference,
  Form,
  on,
  redirect,
  useEvent,
  useField,
  useServerState,
} from "./index.ts";

class NotesState {
  static readonly events = {
    save: { kind: "event" } as EventEntry,
    archive: { kind: "event" } as EventEntry,
    rename: { kind: "event" } as EventEntry,
  };
  static readonly fields = { title: {}, count: {}, done: {}, rating: {} };
  title = "";
  count = 0;
  done = false;
  rating: number | null = null;
  notes: { id: number; title: string; made: Date }[] = [];
  tags = new Map<string, Set<number>>();
  _calls = 0;
  #secret = 1;
  protected draft = "";
  get total(): number {
    return this.notes.length + this.#secret;
  }
  save(): void {}
  async archive(id: number): Promise<string> {
    return String(id);
  }
  *rename(_id: number, _title: string): Generator<void> {}
  unlisted(): void {}
}

test("vars are read-only all the way down", () => {
  const view = {} as ClientView<typeof NotesState>;
  expectTypeOf(view.title).toEqualTypeOf<string>();
  expectTypeOf(view.total).toEqualTypeOf<number>();
  expectTypeOf(view.notes).toEqualTypeOf<
    readonly { readonly id: number; readonly title: string; readonly made: Date }[]
  >();
  expectTypeOf(view.tags).toEqualTypeOf<ReadonlyMap<string, ReadonlySet<number>>>();
  // @ts-expect-error vars are written on the server
  view.title = "x";
  // @ts-expect-error a list of the view cannot be changed
  view.notes.push({ id: 1, title: "", made: new Date() });
});

test("hidden names and unlisted methods are absent", () => {
  type Names = keyof ClientView<typeof NotesState>;
  expectTypeOf<Names>().toEqualTypeOf<
    "title" | "count" | "done" | "rating" | "notes" | "tags" | "total" | "save" | "archive" | "rename"
  >();
});

test("events take their method's arguments and give a promise of nothing", () => {
  const view = {} as ClientView<typeof NotesState>;
  expectTypeOf(view.save).toEqualTypeOf<() => Promise<void>>();
  expectTypeOf(view.archive).toEqualTypeOf<(id: number) => Promise<void>>();
  expectTypeOf(view.rename).parameters.toEqualTypeOf<[id: number, title: string]>();
  // @ts-expect-error a string is no number
  () => view.archive("3");
  // @ts-expect-error an argument is missing
  () => view.rename(1);
});

test("an event without arguments may stand as a handler, one with arguments may not", () => {
  function Page() {
    const notes = useServerState(NotesState);
    return (
      <form onSubmit={notes.save}>
        <button type="button" onClick={notes.save} />
        {/* @ts-expect-error archive wants a number, a click gives an event */}
        <button type="button" onClick={notes.archive} />
      </form>
    );
  }
  expectTypeOf(Page).toBeFunction();
});

test("a selector gives its own type", () => {
  const read = () => useServerState(NotesState, (notes) => notes.notes.length > 0);
  expectTypeOf(read).returns.toEqualTypeOf<boolean>();
});

test("on() knows names and arguments", () => {
  expectTypeOf(on(NotesState, "archive", 3)).toEqualTypeOf<EventReference>();
  expectTypeOf(on(NotesState, "save")).toEqualTypeOf<EventReference>();
  // @ts-expect-error not listed in static events
  () => on(NotesState, "unlisted");
  // @ts-expect-error the argument is missing
  () => on(NotesState, "archive");
  // @ts-expect-error save takes none
  () => on(NotesState, "save", 1);
});

test("useEvent() calls with the event's arguments", () => {
  const read = () => useEvent(NotesState, "archive");
  expectTypeOf<ReturnType<typeof read>["call"]>().toEqualTypeOf<(id: number) => Promise<boolean>>();
  // @ts-expect-error a var is no event
  () => useEvent(NotesState, "title");
});

test("useField() takes only static fields and gives their type", () => {
  const title = () => useField(NotesState, "title");
  const done = () => useField(NotesState, "done");
  const rating = () => useField(NotesState, "rating", { kind: "number", debounce: 300, on: "blur" });
  expectTypeOf<ReturnType<typeof title>["value"]>().toEqualTypeOf<string>();
  expectTypeOf<ReturnType<typeof done>["set"]>().toEqualTypeOf<(value: boolean) => void>();
  expectTypeOf<ReturnType<typeof rating>["value"]>().toEqualTypeOf<number | null>();
  // @ts-expect-error a var that is not in static fields
  () => useField(NotesState, "notes");
  function Inputs() {
    const { input } = useField(NotesState, "title");
    return (
      <>
        <input {...input} />
        <textarea {...input} />
        <select {...input} />
      </>
    );
  }
  expectTypeOf(Inputs).toBeFunction();
});

test("a form takes an event of its state or a function of its values", () => {
  const byName = () => <Form state={NotesState} onSubmit="save" className="wide" />;
  const byFunction = () => <Form state={NotesState} onSubmit={(values) => values.title} />;
  expectTypeOf(byName).toBeFunction();
  expectTypeOf(byFunction).toBeFunction();
  // @ts-expect-error not an event of the state
  () => <Form state={NotesState} onSubmit="unlisted" />;
});

test("pages take components without props, guards take redirects", () => {
  const app = createApp();
  app.addPage(() => null, {
    route: "/",
    guard: ({ query }) => (query.open ? true : redirect("/login")),
    onLoad: [on(NotesState, "save")],
  });
  // @ts-expect-error nobody would give the page its props
  app.addPage((props: { id: number }) => <p>{props.id}</p>, { route: "/x" });
  // @ts-expect-error a guard answers with true, false or a redirect
  app.addPage(() => null, { route: "/y", guard: () => "no" });
});
