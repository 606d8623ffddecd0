// @vitest-environment happy-dom
import { act, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EventEntry } from "../../state/client-view.ts";
import { FakeEngine, type FakeRequest } from "../engine/fake-engine.fixture.ts";
import { PageRouter } from "../pages/page-router.ts";
import { createPageRuntime, RuntimeContext } from "../pages/page-runtime.ts";
import { stateStub } from "../states/state-stub.ts";
import { Form } from "./form.tsx";
import { useField } from "./use-field.ts";
import { useServerState } from "./use-server-state.ts";

declare class Chat {
  static readonly events: { say: EventEntry; other: EventEntry };
  static readonly fields: { text: object; memo: object };
  text: string;
  memo: string;
  say(): void;
  other(): void;
}
const ChatState = stateStub({
  id: "chat.ChatState",
  vars: ["text", "memo"],
  computed: [],
  events: ["say", "other"],
  fields: ["text", "memo"],
  args: { say: 0, other: 0 },
}) as unknown as typeof Chat;
const ID = "chat.ChatState";

let engine: FakeEngine;
let root: Root;
let host: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  engine = new FakeEngine();
  engine.change(ID, { text: "", memo: "" });
  const router = new PageRouter({ pages: [], url: "http://localhost/", navigate: () => Promise.resolve() });
  const runtime = createPageRuntime({ engine, router });
  host = document.body.appendChild(document.createElement("div"));
  root = createRoot(host);
  const show = (onSubmit: "say" | (() => unknown)) =>
    act(async () =>
      root.render(
        <RuntimeContext value={runtime}>
          <Suspense fallback="loading">
            <Page onSubmit={onSubmit} />
          </Suspense>
        </RuntimeContext>,
      ),
    );
  start = show;
});
afterEach(async () => {
  await act(async () => root.unmount());
  host.remove();
  vi.useRealTimers();
});

let start: (onSubmit: "say" | (() => unknown)) => Promise<void>;
let submitted: (() => unknown) | undefined;

function Page({ onSubmit }: { readonly onSubmit: "say" | (() => unknown) }) {
  const chat = useServerState(ChatState);
  const text = useField(ChatState, "text");
  const memo = useField(ChatState, "memo");
  submitted = () => chat.say();
  return (
    <main>
      <Form state={ChatState} onSubmit={onSubmit}>
        <input id="text" {...text.input} />
        <output>{text.error}</output>
      </Form>
      <input id="memo" {...memo.input} />
      <button type="button" onClick={() => chat.other()}>
        Other
      </button>
    </main>
  );
}

const input = (id = "text") => host.querySelector(`#${id}`) as HTMLInputElement;
/** Types, and waits for the pause after which text is sent. */
const type = (value: string, id?: string) =>
  act(async () => {
    const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value") ?? {};
    input(id).focus();
    set?.call(input(id), value);
    input(id).dispatchEvent(new Event("input", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(200);
  });
const submit = () =>
  act(async () => {
    host.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
const first = () => engine.requests[0] as FakeRequest;
/** The server takes the oldest write as it is. */
const accept = () =>
  act(async () => {
    const [value] = first().args;
    first().answer({ [first().name]: value });
  });
const answer = (vars?: { readonly [name: string]: unknown }) => act(async () => first().answer(vars));

describe("text that the user types after a submit", () => {
  test("is not part of it, and stays in the input that the event has emptied", async () => {
    await start("say");
    await type("hi");
    await submit();
    await type("hiyou");
    // The line is slow: nothing was answered so far.
    expect(engine.log).toEqual(["write text hi"]);
    await accept();
    expect(engine.log).toEqual(["write text hi", "call say"]);
    await answer({ text: "" });
    expect(input().value).toBe("you");
    await act(async () => void (await vi.advanceTimersByTimeAsync(200)));
    await accept();
    expect([engine.log.at(-1), input().value]).toEqual(["write text you", "you"]);
  });

  test("is sent after the event when that has not emptied the input", async () => {
    await start("say");
    await type("hi");
    await submit();
    await type("hiyou");
    await accept();
    await answer({});
    expect([engine.log, input().value]).toEqual([["write text hi", "call say", "write text hiyou"], "hiyou"]);
  });

  test("is taken back for the event when another event has sent it", async () => {
    await start("say");
    await type("hi");
    await submit();
    await type("hiyou");
    await act(async () => host.querySelector("button")?.click());
    expect(engine.log).toEqual(["write text hi", "write text hiyou", "call other"]);
    await accept();
    await accept();
    expect(engine.log.slice(3)).toEqual(["write text hi", "call say"]);
    await answer();
    await accept();
    await answer({ text: "" });
    expect(input().value).toBe("you");
  });

  test("does not make the server's refusal of the submitted text go unnoticed", async () => {
    await start("say");
    await type("bad");
    await submit();
    await type("badx");
    await act(async () => first().fail("EVENT_ARGS_INVALID", "Invalid.", [{ path: "", message: "Not this word" }]));
    expect(engine.log).toEqual(["write text bad", "write text badx"]);
    expect(host.querySelector("output")?.textContent).toBe("Not this word");
    await accept();
    expect(host.querySelector("output")?.textContent).toBe("");
  });

  test("is not part of what a function of the form calls at once", async () => {
    await start(() => submitted?.());
    await type("hi");
    await submit();
    await type("hiyou");
    await accept();
    expect(engine.log).toEqual(["write text hi", "call say"]);
  });

  test("into a field outside of the form is sent when the event has been called", async () => {
    await start("say");
    await type("hi");
    await submit();
    await type("note", "memo");
    await accept();
    expect(engine.log).toEqual(["write text hi", "call say", "write memo note"]);
  });
});
