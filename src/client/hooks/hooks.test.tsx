// @vitest-environment happy-dom
import { act, Component, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EventEntry } from "../../state/client-view.ts";
import { FakeEngine, type FakeRequest } from "../engine/fake-engine.fixture.ts";
import { PageRouter } from "../pages/page-router.ts";
import { createPageRuntime, type PageRuntime, RuntimeContext } from "../pages/page-runtime.ts";
import { stateStub } from "../states/state-stub.ts";
import { Form, useFormErrors } from "./form.tsx";
import { useConnection } from "./use-connection.ts";
import { useEvent } from "./use-event.ts";
import { useField } from "./use-field.ts";
import { useFresh } from "./use-fresh.ts";
import { isSame, useServerState } from "./use-server-state.ts";

declare class Notes {
  static readonly events: { save: EventEntry; archive: EventEntry };
  static readonly fields: { title: object };
  title: string;
  items: { id: number; done: boolean }[];
  count: number;
  save(): void;
  archive(id: number): void;
}
const NotesState = stateStub({
  id: "notes.NotesState",
  vars: ["title", "items", "count"],
  computed: [],
  events: ["save", "archive"],
  fields: ["title"],
}) as unknown as typeof Notes;
const ID = "notes.NotesState";

let engine: FakeEngine;
let runtime: PageRuntime;
let root: Root;
let host: HTMLElement;

beforeEach(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  engine = new FakeEngine();
  const router = new PageRouter({ pages: [], url: "http://localhost/", navigate: () => Promise.resolve() });
  runtime = createPageRuntime({ engine, router });
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
});
afterEach(async () => {
  await act(async () => root.unmount());
  host.remove();
});

class Catch extends Component<{ children: ReactNode }, { text?: string }> {
  override state: { text?: string } = {};
  static getDerivedStateFromError(error: { code?: string }) {
    return { text: `caught ${error.code}` };
  }
  override render() {
    return this.state.text ?? this.props.children;
  }
}

const show = (children: ReactNode) =>
  act(async () =>
    root.render(
      <RuntimeContext value={runtime}>
        <Catch>
          <Suspense fallback="loading">{children}</Suspense>
        </Catch>
      </RuntimeContext>,
    ),
  );
const change = (vars: { readonly [name: string]: unknown }) => act(async () => engine.change(ID, vars));
const first = () => engine.requests[0] as FakeRequest;
const start = () => engine.change(ID, { title: "Milk", items: [{ id: 1, done: false }], count: 0 });

test("a component suspends until its state arrives, and watches it while it is mounted", async () => {
  const Page = () => <p>{useServerState(NotesState).title}</p>;
  await show(<Page />);
  expect(host.textContent).toBe("loading");
  expect(engine.watched.get(ID)).toBe(1);
  vi.useFakeTimers();
  await act(async () => start());
  expect(host.textContent).toBe("Milk");
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  expect(engine.watched.get(ID)).toBe(1);
  await show(null);
  expect(engine.watched.get(ID)).toBe(0);
});

test("a state that the server cannot give reaches the error boundary", async () => {
  const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const Page = () => <p>{useServerState(NotesState).title}</p>;
  await show(<Page />);
  await act(async () => engine.refuse(ID, "STATE_UNKNOWN", "No such state."));
  expect(host.textContent).toBe("caught STATE_UNKNOWN");
  silence.mockRestore();
});

test("only vars that were read in the last render wake a component", async () => {
  start();
  let renders = 0;
  const Page = () => {
    const notes = useServerState(NotesState);
    renders++;
    return <p>{notes.count > 0 ? notes.title : notes.count}</p>;
  };
  await show(<Page />);
  await change({ title: "Bread" });
  expect([renders, host.textContent]).toEqual([1, "0"]);
  await change({ count: 1 });
  expect([renders, host.textContent]).toEqual([2, "Bread"]);
  await change({ title: "Eggs" });
  expect([renders, host.textContent]).toEqual([3, "Eggs"]);
  await change({ items: [] });
  expect(renders).toBe(3);
});

test("a selector wakes a component only when what it picks differs", async () => {
  start();
  let renders = 0;
  const Page = () => {
    const open = useServerState(NotesState, (notes) => notes.items.filter((item) => !item.done));
    renders++;
    return <p>{open.length}</p>;
  };
  await show(<Page />);
  const items = engine.snapshot(ID)?.items as { id: number; done: boolean }[];
  const one = items[0];
  await change({ items: [one, { id: 2, done: true }] });
  await change({ title: "x" });
  expect(renders).toBe(1);
  await change({ items: [one, { id: 2, done: false }] });
  expect([renders, host.textContent]).toEqual([2, "2"]);
});

test.each([
  [[1, 2], [1, 2], true],
  [[1, [2]], [1, [2]], false],
  [{ a: 1 }, { a: 1 }, true],
  [{ a: 1 }, { b: 1 }, false],
  [{ a: undefined }, { b: 1 }, false],
  [new Date(1), new Date(1), false],
  [Number.NaN, Number.NaN, true],
])("%j and %j picked one after the other are the same: %s", (a, b, same) => {
  expect(isSame(a, b)).toBe(same);
});

test("an event function stays the same, and leaves out the browser's event", async () => {
  start();
  const seen = new Set<unknown>();
  const Page = () => {
    const notes = useServerState(NotesState);
    seen.add(notes.save);
    return (
      <form onSubmit={notes.save}>
        <button type="submit">{notes.title}</button>
      </form>
    );
  };
  await show(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
  await change({ title: "x" });
  expect(seen.size).toBe(1);
  const submit = new Event("submit", { bubbles: true, cancelable: true });
  await act(async () => host.querySelector("form")?.dispatchEvent(submit));
  expect(submit.defaultPrevented).toBe(true);
  expect(first()).toMatchObject({ kind: "call", name: "save", args: [] });
});

test("a browser event in a later position is refused with its position", async () => {
  start();
  let archive: ((...args: never[]) => Promise<void>) | undefined;
  const Page = () => {
    archive = useServerState(NotesState).archive;
    return null;
  };
  await show(<Page />);
  await expect(archive?.(3 as never, new Event("click") as never)).rejects.toMatchObject({
    code: "CLIENT_EVENT_ARGUMENT",
  });
  await expect(archive?.(3 as never, new Event("click") as never)).rejects.toThrow("Argument 2 of NotesState.archive");
  expect(engine.requests).toEqual([]);
});

test("useEvent tells of its own calls, and an older error does not overtake a newer success", async () => {
  start();
  let handle: ReturnType<typeof useEvent<typeof Notes, "archive">> | undefined;
  const Page = () => {
    handle = useEvent(NotesState, "archive");
    return <p>{`${handle.pending} ${handle.error?.code ?? "fine"}`}</p>;
  };
  await show(<Page />);
  let results: boolean[] = [];
  const both = act(async () => {
    const calls = [handle?.call(1), handle?.call(2)];
    const [one, two] = [...engine.requests];
    two?.answer();
    one?.fail("EVENT_FAILED", "No.");
    results = (await Promise.all(calls)) as boolean[];
  });
  await both;
  expect(results).toEqual([false, true]);
  expect(host.textContent).toBe("false fine");
  await act(async () => void handle?.call(3));
  expect(host.textContent).toBe("true fine");
  await act(async () => first().fail("EVENT_FAILED", "No."));
  expect(host.textContent).toBe("false EVENT_FAILED");
  await act(async () => handle?.reset());
  expect(host.textContent).toBe("false fine");
});

test("unknown names in hooks are refused with the nearest names", async () => {
  start();
  const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const Page = () => <input {...useField(NotesState, "titel" as "title").input} />;
  await show(<Page />);
  expect(host.textContent).toBe("caught CLIENT_FIELD_UNKNOWN");
  silence.mockRestore();
});

test("a hook outside of the app says so", () => {
  const Page = () => <p>{useServerState(NotesState).title}</p>;
  expect(() => renderToString(<Page />)).toThrow(expect.objectContaining({ code: "CLIENT_OUTSIDE_APP" }));
});

test("hooks render on the server from snapshots", () => {
  start();
  const Page = () => {
    const notes = useServerState(NotesState);
    const title = useField(NotesState, "title");
    return (
      <p>
        {notes.items.length} {useConnection().status} <input {...title.input} readOnly />
      </p>
    );
  };
  const html = renderToString(
    <RuntimeContext value={runtime}>
      <Page />
    </RuntimeContext>,
  );
  expect(html).toContain('value="Milk"');
  expect(html).toContain("online");
});

test("text that was typed is sent when the field goes away", async () => {
  start();
  let field: ReturnType<typeof useField<typeof Notes, "title">> | undefined;
  const Page = () => {
    field = useField(NotesState, "title");
    return <input {...field.input} />;
  };
  await show(<Page />);
  await act(async () => field?.onChange("Unsent"));
  expect([engine.log, host.querySelector("input")?.value]).toEqual([[], "Unsent"]);
  await show(null);
  expect(engine.log).toEqual(["write title Unsent"]);
});

function fill(html: string): ReactNode {
  const Errors = () => {
    const { fields, error, pending } = useFormErrors();
    return <output>{`${pending} ${error?.code ?? "fine"} ${JSON.stringify(fields)}`}</output>;
  };
  return (
    <Form state={NotesState} onSubmit="archive" sendValues={html === "values" ? true : undefined}>
      <input name="city" defaultValue="Ulm" />
      <Errors />
    </Form>
  );
}
const submit = () =>
  act(async () => host.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })));

test("a form sends its values, shows messages by name and ignores a second submit", async () => {
  start();
  await show(fill("values"));
  await submit();
  await submit();
  expect(engine.requests.map((request) => request.args)).toEqual([[{ city: "Ulm" }]]);
  expect(host.querySelector("form")?.getAttribute("aria-busy")).toBe("true");
  await act(async () =>
    first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "argument 1.city", message: "Too far" }]),
  );
  expect(host.querySelector("output")?.textContent).toBe('false EVENT_ARGS_INVALID {"city":"Too far"}');
  await vi.waitFor(() => expect(document.activeElement?.getAttribute("name")).toBe("city"));
  expect(runtime.toasts.list()).toEqual([]);
});

test("a form's error without messages becomes a notice", async () => {
  start();
  const silence = vi.spyOn(console, "error").mockImplementation(() => undefined);
  await show(fill("values"));
  await submit();
  await act(async () => first().fail("EVENT_FAILED", "It failed."));
  expect(runtime.toasts.list().map((toast) => toast.message)).toEqual(["It failed."]);
  silence.mockRestore();
});

describe("messages of a refused form", () => {
  const refuse = (...issues: readonly { path: string; message: string }[]) =>
    act(async () => first().fail("EVENT_ARGS_INVALID", "Invalid.", issues));
  const notices = () => runtime.toasts.list().map((toast) => toast.message);
  const outputs = () => [...host.querySelectorAll("output")].map((output) => output.textContent);
  beforeEach(() => vi.spyOn(console, "error").mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  function City() {
    return <output>{useFormErrors().fields.city}</output>;
  }
  function Whole() {
    return <output>{useFormErrors().form}</output>;
  }
  async function send(children: ReactNode) {
    start();
    await show(
      <Form state={NotesState} onSubmit="archive" sendValues>
        {children}
      </Form>,
    );
    await submit();
  }

  test.each([
    ["of the form as a whole", { path: "argument 1", message: "Not both" }],
    ["of a name that no input has", { path: "argument 1.country", message: "Required" }],
    ["of an input that nobody shows", { path: "argument 1.street", message: "Too long" }],
  ])("a message %s becomes a notice", async (_, issue) => {
    await send([<input key="1" name="city" />, <input key="2" name="street" />, <City key="3" />]);
    await refuse({ path: "argument 1.city", message: "Too far" }, issue);
    expect(outputs()).toEqual(["Too far"]);
    expect(notices()).toEqual([issue.message]);
  });

  test("a component that reads the message of the whole form shows it in place of the notice", async () => {
    await send([<input key="1" name="city" />, <City key="2" />, <Whole key="3" />]);
    await refuse({ path: "argument 1.city", message: "Too far" }, { path: "argument 1", message: "Not both" });
    expect(outputs()).toEqual(["Too far", "Not both"]);
    await submit();
    await act(async () => first().fail("EVENT_FAILED", "It failed."));
    expect(outputs()).toEqual(["", "It failed."]);
    expect(notices()).toEqual([]);
  });

  test("a list has the messages of its items, and an input of a list gets the focus", async () => {
    function Tags() {
      return <output>{useFormErrors().fields.tag}</output>;
    }
    await send([<input key="1" name="tag[]" defaultValue="a" />, <Tags key="2" />]);
    expect(first().args).toEqual([{ tag: ["a"] }]);
    await refuse(
      { path: "argument 1.tag.0", message: "No such tag" },
      { path: "argument 1.tag.1", message: "Nor this" },
    );
    expect([outputs(), notices()]).toEqual([["No such tag"], []]);
    await vi.waitFor(() => expect(document.activeElement?.getAttribute("name")).toBe("tag[]"));
  });
});

test("useFresh() tells a mounted component that the states began anew, when it can read the fresh ones", async () => {
  start();
  const told: unknown[] = [];
  const Page = ({ name }: { name: string }) => {
    const { title } = useServerState(NotesState);
    useFresh((fresh) => told.push([name, fresh, engine.snapshot(ID)?.title]));
    return <p>{title}</p>;
  };
  await show(<Page name="one" />);
  await show(<Page name="two" />);
  await act(async () => engine.fresh({ [ID]: { title: "Bread", items: [], count: 0 } }));
  expect([host.textContent, told]).toEqual(["Bread", [["two", { sameOwner: true }, "Bread"]]]);
  await show("gone");
  await act(async () => engine.fresh({}, false));
  expect(told.length).toBe(1);
});

test("what a listener of useFresh() throws reaches the browser's own report, and neither the page nor the connection", async () => {
  start();
  const Page = () => {
    const { title } = useServerState(NotesState);
    useFresh(() => {
      throw new Error("a listener that fails");
    });
    return <p>{title}</p>;
  };
  await show(<Page />);
  const reported = new Promise<unknown>((resolve) => process.once("uncaughtException", resolve));
  engine.fresh({ [ID]: { title: "Bread", items: [], count: 0 } });
  expect(await reported).toMatchObject({ message: "a listener that fails" });
  await act(async () => {});
  expect(host.textContent).toBe("Bread");
});

describe("when the states belong to another user", () => {
  test("bound inputs and those of forms show nothing of the text, whether it was typed or filled in", async () => {
    start();
    const Page = () => (
      <Form state={NotesState} onSubmit="save">
        <input id="title" {...useField(NotesState, "title").input} />
        <input id="city" name="city" />
        <input id="country" name="country" defaultValue="DE" />
      </Form>
    );
    await show(<Page />);
    const input = (id: string) => host.querySelector(`#${id}`) as HTMLInputElement;
    for (const id of ["title", "city", "country"]) input(id).value = "secret";
    await act(async () => engine.fresh({ [ID]: { title: "Milk", items: [], count: 0 } }, false));
    expect(["title", "city", "country"].map((id) => input(id).value)).toEqual(["Milk", "", "DE"]);
    await submit();
    expect(engine.log).toEqual(['call save {"title":"Milk","city":"","country":"DE"}']);
  });

  test("inputs of forms keep their text when the user is the same", async () => {
    start();
    await show(fill("values"));
    const city = host.querySelector("input") as HTMLInputElement;
    city.value = "Bonn";
    await act(async () => engine.fresh({ [ID]: { title: "", items: [], count: 0 } }, true));
    expect(city.value).toBe("Bonn");
  });
});
