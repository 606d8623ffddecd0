import { useEffect, useState } from "react";
import type { EventEntry } from "../state/client-view.ts";
import { healLayout, Long, setLayoutByAddress } from "./browser-layouts.fixture.tsx";
import { FakeEngine, type FakeRequest } from "./engine/fake-engine.fixture.ts";
import {
  createApp,
  Form,
  Link,
  lazyPage,
  on,
  startApp,
  stateStub,
  useConnection,
  useEvent,
  useField,
  useFormErrors,
  useRouter,
  useServerState,
} from "./index.ts";

declare class NotesClass {
  static readonly events: { save: EventEntry; fail: EventEntry; refresh: EventEntry; clear: EventEntry };
  static readonly fields: { title: object; upper: object; count: object; done: object; size: object };
  title: string;
  upper: string;
  count: number;
  done: boolean;
  size: string;
  saved: string[];
  other: number;
  save(): void;
  clear(): void;
  fail(id: number): void;
  refresh(): void;
}

const NotesState = stateStub({
  id: "notes.NotesState",
  vars: ["title", "upper", "count", "done", "size", "saved", "other"],
  computed: [],
  events: ["save", "fail", "refresh", "clear"],
  fields: ["title", "upper", "count", "done", "size"],
  args: { save: 0, fail: 1, refresh: 0, clear: 0 },
}) as unknown as typeof NotesClass;

const engine = new FakeEngine();
const STATE = "notes.NotesState";
const network = { latency: 250, offline: false, queue: [] as FakeRequest[] };

function serve(request: FakeRequest): unknown {
  const vars = engine.states.get(STATE) as { [name: string]: unknown };
  const [value] = request.args;
  if (request.kind === "navigate") return request.name.startsWith("/secret") ? redirectHome(request) : request.answer();
  if (request.kind === "write" && value === "bad") {
    return request.fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Not this word" }]);
  }
  if (request.kind === "write")
    return request.answer({ [request.name]: request.name === "upper" ? String(value).toUpperCase() : value });
  if (request.name === "save")
    return request.answer({ saved: [...(vars.saved as string[]), String(vars.title)], title: "" });
  if (request.name === "clear") return request.answer({ title: "" });
  if (request.name === "fail") return request.fail("EVENT_FAILED", "It failed on the server.");
  return request.answer({});
}

function redirectHome(request: FakeRequest): void {
  engine.effects({ effect: "redirect", to: "/", replace: true, external: false });
  request.answer();
}

engine.onRequest = (request) => {
  if (network.offline) network.queue.push(request);
  else setTimeout(() => serve(request), network.latency);
};

const renders = { saved: 0, inputs: 0 };

function Saved() {
  const notes = useServerState(NotesState);
  renders.saved++;
  return (
    <ul id="saved">
      {notes.saved.map((title, index) => (
        <li key={index}>{title}</li>
      ))}
    </ul>
  );
}

function Late() {
  const notes = useServerState(NotesState);
  return notes.other > 0 && <input id="late" />;
}

function Inputs() {
  renders.inputs++;
  const title = useField(NotesState, "title");
  const upper = useField(NotesState, "upper");
  const count = useField(NotesState, "count");
  const done = useField(NotesState, "done");
  const size = useField(NotesState, "size");
  const notes = useServerState(NotesState);
  const fail = useEvent(NotesState, "fail", { once: true });
  return (
    <main>
      <h1>Inputs</h1>
      <Form state={NotesState} onSubmit="save" id="form">
        <input id="title" {...title.input} />
        <output id="title-error">{title.error}</output>
        <output id="title-state">{title.pending ? "pending" : title.dirty ? "dirty" : "clean"}</output>
        <SubmitButton />
      </Form>
      <input id="upper" {...upper.input} />
      <input id="count" type="number" {...count.input} />
      <input id="done" type="checkbox" {...done.input} />
      <select id="size" {...size.input}>
        <option>small</option>
        <option>large</option>
      </select>
      <button id="save" type="button" onClick={notes.save}>
        Save
      </button>
      <button id="unhandled" type="button" onClick={() => notes.fail(1)}>
        Fail, nobody catches
      </button>
      <button
        id="unhandled-async"
        type="button"
        onClick={async () => {
          await notes.fail(1);
        }}
      >
        Fail in an async function
      </button>
      <button
        id="caught"
        type="button"
        onClick={() =>
          notes.fail(1).catch((error) => {
            document.title = error.code;
          })
        }
      >
        Fail, caught
      </button>
      <button id="handle" type="button" onClick={() => fail.call(1)}>
        {fail.pending ? "…" : (fail.error?.code ?? "Fail")}
      </button>
      <Saved />
      <Late />
      <Link id="to-list" href="/list">
        List
      </Link>
    </main>
  );
}

function SubmitButton() {
  const { pending } = useFormErrors();
  return (
    <button type="submit" id="submit" aria-disabled={pending}>
      Submit
    </button>
  );
}

function List() {
  const router = useRouter();
  return (
    <main>
      <h1>List</h1>
      <div id="tall" style={{ height: 3000 }}>
        tall
      </div>
      <Link id="to-item" href="/items/1?tab=a">
        Item 1
      </Link>
      <Link id="to-secret" href="/secret">
        Secret
      </Link>
      <Link id="to-lazy" href="/lazy">
        Lazy
      </Link>
      <Link id="to-crash" href="/crash">
        Crash
      </Link>
      <Link id="to-api" href="/api/page">
        Back end
      </Link>
      <p id="pending">{String(router.pending)}</p>
    </main>
  );
}

let mounts = 0;

function Item() {
  const { params, query, path } = useRouter();
  const [mount] = useState(() => ++mounts);
  return (
    <main>
      <h1>Item {params.id}</h1>
      <p id="where">{`${path} ${query.tab ?? ""} mount ${mount}`}</p>
      <Link id="next" href={`/items/${Number(params.id) + 1}`}>
        Next
      </Link>
      <Link id="tab" href={`${path}?tab=b`}>
        Tab b
      </Link>
      <Link id="self" href={path}>
        Self
      </Link>
    </main>
  );
}

let crashes = 1;

function Crash() {
  if (crashes > 0) throw new Error("boom");
  return <h1>Recovered</h1>;
}

function Status() {
  const connection = useConnection();
  useEffect(() => undefined, []);
  return <p id="status">{connection.status}</p>;
}

const app = createApp();
app.addPage(Inputs, { route: "/", title: "Inputs" });
app.addPage(List, { route: "/list", title: "List", meta: [{ name: "description", content: "All" }] });
app.addPage(Item, {
  route: "/items/[id]",
  title: ({ params, query }) => `Item ${params.id}${query.tab === "b" ? " b" : ""}`,
  onLoad: on(NotesState, "refresh"),
});
app.addPage(Inputs, { route: "/secret", guard: () => false });
app.addPage(Crash, { route: "/crash", title: "Crash" });
app.addPage(Status, { route: "/status" });
app.addPage(Long, { route: "/long", title: "Long", onLoad: on(NotesState, "refresh") });
setLayoutByAddress(app);
app.addPage(
  lazyPage(() => import("./browser-lazy.fixture.tsx"), "LazyNotes"),
  { route: "/lazy", title: "Lazy" },
);

Object.assign(window, {
  antiphonTest: {
    engine,
    network,
    renders,
    heal: () => {
      crashes = 0;
      healLayout();
    },
    arrive: () =>
      engine.change(STATE, { title: "", upper: "", count: 1, done: false, size: "small", saved: [], other: 0 }),
    change: (vars: { readonly [name: string]: unknown }) => engine.change(STATE, vars),
    goOnline: () => {
      network.offline = false;
      for (const request of network.queue.splice(0)) serve(request);
    },
  },
});
startApp(app, { engine });
