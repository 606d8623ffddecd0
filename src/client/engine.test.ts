import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { ServerFrame } from "../protocol/frames.ts";
import { connectionOf, ScriptedServer } from "./engine/scripted-server.fixture.ts";
import { createEngine } from "./engine.ts";

const whole = (version: number, n: number): ServerFrame => ({ version, changes: { S: { full: { n } } } });
const online = ({ status }: { status: string }) => status === "online";

/** Whether a call ran, or its error's code. */
const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ran",
    (error: { code: string }) => error.code,
  );

async function start() {
  const server = await new ScriptedServer().listen();
  const engine = server.engine();
  engine.watch("S");
  await server.connection(1);
  return { server, engine, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A page that is online and holds S at version 1. */
async function startOnline() {
  const started = await start();
  started.server.welcome({ fresh: true, resume: { snapshot: whole(1, 0) } });
  await connectionOf(started.engine, online);
  return started;
}

describe("The engine connects", () => {
  it("says what it is, and nothing of it stands in the URL", async () => {
    await using app = await startOnline();
    expect(app.server.hellos[0]).toEqual({
      protocol: 1,
      build: "b1",
      page: expect.stringMatching(/^[0-9a-f]{32}$/),
      path: "/start",
      watch: ["S"],
    });
    expect(app.server.socket?.handshake.url).not.toMatch(/page|tab|[0-9a-f]{32}/);
    expect(app.engine.snapshot("S")).toEqual({ n: 0 });
    expect(app.server.tab.id).toBe("t1");
  });

  it("comes back with its tab, its version and what it watches", async () => {
    await using app = await startOnline();
    app.engine.cut(false);
    await app.server.connection(2);
    expect(app.server.hellos[1]).toEqual({ ...app.server.hellos[0], tab: "t1", version: 1 });
    app.server.welcome({ resume: { replay: [{ version: 2, changes: { S: [["set", ["n"], 5]] } }] } });
    await connectionOf(app.engine, online);
    expect(app.engine.snapshot("S")).toEqual({ n: 5 });
  });

  it("knows a server of another build as a new version", async () => {
    await using app = await start();
    app.server.welcome({ build: "b2" });
    expect(await connectionOf(app.engine, online)).toMatchObject({ outdated: true });
  });
});

describe("Calls of a page", () => {
  it("that are made before the first welcome wait for it and then run in order", async () => {
    await using app = await start();
    const calls = [
      app.engine.call("S", "a", [1]),
      app.engine.write("S", "f", "x"),
      app.engine.call("S", "b", [new Date(5)]),
    ];
    expect(app.engine.connection()).toMatchObject({ status: "connecting", pending: 3 });
    app.server.welcome({ fresh: true, resume: { snapshot: whole(1, 0) } });
    await app.server.until(() => app.server.frames.length === 3);
    expect(app.server.frames).toEqual([
      { kind: "event", state: "S", event: "a", args: [1], id: 1, seen: 1, epoch: 1 },
      { kind: "field", state: "S", field: "f", value: "x", id: 2, seen: 1, epoch: 1 },
      { kind: "event", state: "S", event: "b", args: [{ $date: 5 }], id: 3, seen: 1, epoch: 1 },
    ]);
    app.server.send({
      version: 2,
      acks: [[1], [3], [2, { code: "EVENT_ARGS_INVALID", message: "no", issues: [{ path: "f", message: "short" }] }]],
    });
    await Promise.all([calls[0], calls[2]]);
    await expect(calls[1]).rejects.toMatchObject({
      code: "EVENT_ARGS_INVALID",
      attribution: "app",
      issues: [{ path: "f", message: "short" }],
    });
    expect(app.engine.connection().pending).toBe(0);
  });

  it("resolve when the frame with their result was applied, after its effects", async () => {
    await using app = await startOnline();
    const order: string[] = [];
    app.engine.subscribe("S", () => order.push(`vars ${JSON.stringify(app.engine.snapshot("S"))}`));
    app.engine.onEffects(() => order.push("effects"));
    const call = app.engine.call("S", "a", []).then(() => order.push("answer"));
    const { id } = await app.server.request("event");
    app.server.send({ version: 2, changes: { S: [["set", ["n"], 1]] }, effects: [{ effect: "reload" }], acks: [[id]] });
    await call;
    expect(order).toEqual(['vars {"n":1}', "effects", "answer"]);
  });

  it("that were sent are sent again only when the server did not get them, under the same number", async () => {
    await using app = await startOnline();
    const calls = ["a", "b", "c"].map((event) => app.engine.call("S", event, []));
    await app.server.until(() => app.server.frames.length === 3);
    app.server.frames.length = 0;
    app.engine.cut(false);
    await app.server.connection(2);
    // It got 1 and 2, has answered 1, and 2 still runs.
    app.server.welcome({ received: 2, open: [2], resume: { replay: [{ version: 2, acks: [[1]] }] } });
    await calls[0];
    const again = await app.server.request("event");
    expect(again).toMatchObject({ event: "c", id: 3 });
    expect(app.server.frames.length).toBe(1);
    app.server.send({ version: 3, acks: [[2], [3]] });
    await Promise.all(calls);
  });

  it("whose answers are lost on the server fail with CLIENT_OUTCOME_UNKNOWN", async () => {
    await using app = await startOnline();
    const call = app.engine.call("S", "a", []);
    call.catch(() => {});
    await app.server.request("event");
    app.engine.cut(false);
    await app.server.connection(2);
    app.server.welcome({ received: 1, open: [], resume: { snapshot: whole(9, 1) } });
    await expect(call).rejects.toMatchObject({ code: "CLIENT_OUTCOME_UNKNOWN" });
  });

  it("are bounded: too many fail with CLIENT_QUEUE_FULL, too large ones with CLIENT_FRAME_TOO_LARGE, unsendable ones at once", async () => {
    await using app = await startOnline();
    app.engine.cut(true);
    await connectionOf(app.engine, ({ status }) => status === "reconnecting");
    await expect(app.engine.call("S", "a", ["x".repeat(1_000_001)])).rejects.toMatchObject({
      code: "CLIENT_FRAME_TOO_LARGE",
      attribution: "app",
    });
    await expect(app.engine.call("S", "a", [() => 1])).rejects.toMatchObject({ code: "VALUE_NOT_SENDABLE" });
    const waiting = Array.from({ length: 150 }, () => app.engine.call("S", "a", []));
    for (const call of waiting) call.catch(() => {});
    await expect(app.engine.call("S", "a", [])).rejects.toMatchObject({
      code: "CLIENT_QUEUE_FULL",
      attribution: "network",
    });
    app.engine.close();
    await expect(waiting[0]).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
    await expect(app.engine.call("S", "a", [])).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  it.each([
    ["are sent to it again, once and in order", { received: 1, resume: { replay: [] } }, "ran"],
    [
      "are refused because of its states, and not given up",
      { tab: "t2", fresh: true, resume: { snapshot: whole(1, 0) } },
      "CLIENT_STATE_GONE",
    ],
  ] as const)(
    "that a stopping server did not take wait for the next server, and there they %s",
    async (_, next, wanted) => {
      await using app = await startOnline();
      const taken = app.engine.call("S", "taken", []);
      const sent = outcome(app.engine.call("S", "sent", []));
      await app.server.request("event", 1);
      app.server.socket?.emit("closing", { received: 1 });
      app.server.send({ version: 2, acks: [[1]] });
      await taken;
      const later = outcome(app.engine.call("S", "later", []));
      expect(app.server.frames.length).toBe(2);
      app.server.frames.length = 0;
      app.server.socket?.disconnect(true);
      await app.server.connection(2);
      app.server.welcome(next);
      if (wanted === "ran") {
        await app.server.request("event", 1);
        expect(app.server.frames).toMatchObject([
          { event: "sent", id: 2 },
          { event: "later", id: 3 },
        ]);
        app.server.send({ version: 3, acks: [[2], [3]] });
      }
      expect(await Promise.all([sent, later])).toEqual([wanted, wanted]);
    },
  );

  it("that waited when the server ended and have not run are sent to the next server, in their place", async () => {
    await using app = await startOnline();
    const ran = outcome(app.engine.call("S", "ran", []));
    const waited = outcome(app.engine.call("S", "waited", []));
    await app.server.request("event", 1);
    app.server.socket?.emit("closing", { received: 2 });
    const later = outcome(app.engine.call("S", "later", []));
    app.server.send({ version: 2, acks: [[2, { code: "CHANNEL_NOT_RUN", message: "…" }]] });
    app.server.send({ version: 3, acks: [[1]] });
    expect(await ran).toBe("ran");
    app.server.frames.length = 0;
    app.server.socket?.disconnect(true);
    await app.server.connection(2);
    app.server.welcome({ received: 0, resume: { replay: [] } });
    await app.server.request("event", 1);
    expect(app.server.frames).toMatchObject([
      { event: "waited", id: 1 },
      { event: "later", id: 2 },
    ]);
    app.server.send({ version: 4, acks: [[1], [2]] });
    expect(await Promise.all([waited, later])).toEqual(["ran", "ran"]);
  });

  it("navigations that nobody was told of give way to the last, and the page comes back at that place", async () => {
    await using app = await startOnline();
    app.engine.cut(true);
    await connectionOf(app.engine, ({ status }) => status === "reconnecting");
    const moves = ["/a", "/b", "/c"].map((path) => app.engine.navigate(path));
    app.engine.reconnectNow();
    await app.server.connection(2);
    expect(app.server.hellos[1]?.path).toBe("/c");
    app.server.welcome({ resume: { replay: [] } });
    expect(await app.server.request("navigate")).toMatchObject({ path: "/c", id: 1, told: true });
    app.server.send({ version: 2, acks: [[1]] });
    await Promise.all(moves);
    expect(app.server.frames.filter(({ kind }) => kind === "navigate").length).toBe(1);
  });
});

describe("What was asked of states that are no more", () => {
  const first = { number: 3, begun: 1, passed: 1, owner: "ada" };

  /** A page that holds S of ada's tab t1, and is away. */
  async function startAway(identity = { value: "k1" }) {
    const server = await new ScriptedServer().listen();
    const engine = server.engine({}, { identity: () => identity.value });
    engine.watch("S");
    await server.connection(1);
    server.welcome({ fresh: true, epoch: first, resume: { snapshot: whole(1, 0) } });
    await connectionOf(engine, online);
    const seen: unknown[] = [];
    engine.onFresh(({ sameOwner, before }) => seen.push([sameOwner, before("S"), engine.snapshot("S")]));
    return {
      server,
      engine,
      identity,
      seen,
      async leave() {
        engine.cut(true);
        await connectionOf(engine, ({ status }) => status === "reconnecting");
        server.frames.length = 0;
      },
      async comeBack() {
        engine.reconnectNow();
        await server.connection(2);
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  }

  it.each([
    ["a server that was restarted", { tab: "t2", fresh: true, epoch: first }, true, "CLIENT_STATE_GONE"],
    [
      "a tab whose states began anew meanwhile",
      { tab: "t1", fresh: false, received: 1, epoch: { number: 4, begun: 4, passed: 1, owner: "ada" } },
      true,
      "CLIENT_STATE_GONE",
    ],
    ["another user", { tab: "t2", fresh: true, epoch: { ...first, owner: "bob" } }, false, "CLIENT_USER_CHANGED"],
    ["nobody", { tab: "t2", fresh: true, epoch: { number: 1, begun: 1, passed: 1 } }, false, "CLIENT_USER_CHANGED"],
  ] as const)("is never sent to %s: it is refused, and the page is told first", async (_, message, sameOwner, code) => {
    await using app = await startAway();
    const sent = outcome(app.engine.call("S", "sent", []));
    await app.server.request("event");
    await app.leave();
    const order: string[] = [];
    const calls = [
      outcome(app.engine.call("S", "offline", [])).finally(() => order.push("refused")),
      outcome(app.engine.write("S", "title", "typed")),
    ];
    app.engine.onFresh(() => {
      order.push("told");
      calls.push(outcome(app.engine.write("S", "title", "typed")));
    });
    app.engine.subscribe("S", () => order.push("vars"));
    await app.comeBack();
    app.server.welcome({ ...message, resume: { snapshot: whole(9, 7) } });
    // What the listener has written is all that is sent.
    const frame = await app.server.request("field");
    expect(frame).toMatchObject({ field: "title", value: "typed", epoch: message.epoch.number });
    app.server.send({ version: 10, acks: [[frame.id]] });
    expect(await Promise.all([sent, ...calls])).toEqual(["CLIENT_OUTCOME_UNKNOWN", code, code, "ran"]);
    expect(app.server.frames).toEqual([frame]);
    expect(app.seen).toEqual([[sameOwner, { n: 0 }, { n: 7 }]]);
    expect(order).toEqual(["told", "vars", "refused"]);
  });

  it("waits for the same states as before over a lost connection, and is sent in order", async () => {
    await using app = await startAway();
    const sent = outcome(app.engine.call("S", "sent", []));
    await app.server.request("event");
    await app.leave();
    const calls = [outcome(app.engine.call("S", "a", [])), outcome(app.engine.write("S", "title", "typed"))];
    await app.comeBack();
    app.server.welcome({ epoch: first, received: 0, resume: { replay: [] } });
    await app.server.until(() => app.server.frames.length === 3);
    expect(app.server.frames).toMatchObject([
      { event: "sent", id: 1, epoch: 3 },
      { event: "a", id: 2, epoch: 3 },
      { field: "title", id: 3, epoch: 3 },
    ]);
    app.server.send({ version: 2, acks: [[1], [2], [3]] });
    expect(await Promise.all([sent, ...calls])).toEqual(["ran", "ran", "ran"]);
    expect(app.seen).toEqual([]);
  });

  it("tells a page that held no state of another user: what is typed there is not for the next one", async () => {
    await using server = await new ScriptedServer().listen();
    const engine = server.engine();
    await server.connection(1);
    server.welcome({ fresh: true, epoch: first, resume: { snapshot: { version: 1 } } });
    await connectionOf(engine, online);
    expect(engine.owner()).toBe("ada");
    const told: boolean[] = [];
    engine.onFresh(({ sameOwner }) => told.push(sameOwner));
    for (const [connections, owner] of [
      [2, "ada"],
      [3, "bob"],
    ] as const) {
      engine.cut(false);
      await server.connection(connections);
      server.welcome({
        tab: `t${connections}`,
        fresh: true,
        epoch: { ...first, owner },
        resume: { snapshot: { version: 1 } },
      });
      await connectionOf(engine, online);
      expect([owner, told, engine.owner()]).toEqual([owner, owner === "ada" ? [] : [false], owner]);
    }
  });

  it("is refused when the tab has passed to who signed in elsewhere meanwhile, unless it was made after that", async () => {
    await using app = await startAway();
    const lost = outcome(app.engine.call("S", "lost", []));
    await app.server.request("event");
    await app.leave();
    const before = outcome(app.engine.call("S", "before", []));
    app.identity.value = "k2";
    const after = outcome(app.engine.call("S", "after", []));
    await app.comeBack();
    app.server.welcome({
      epoch: { number: 4, begun: 1, passed: 4, owner: "bob" },
      received: 0,
      resume: { replay: [] },
    });
    // The numbers are contiguous for the server, whatever was refused.
    expect(await app.server.request("event")).toMatchObject({ event: "after", id: 1, epoch: 4 });
    app.server.send({ version: 2, acks: [[1]] });
    expect(await Promise.all([lost, before, after])).toEqual(["CLIENT_USER_CHANGED", "CLIENT_USER_CHANGED", "ran"]);
    expect([app.server.frames.length, app.seen]).toEqual([1, []]);
  });

  it("is told of while the page is there, and what it calls from then on is for the new states", async () => {
    await using app = await startAway();
    const out = outcome(app.engine.call("S", "signOut", []));
    await app.server.request("event");
    app.server.send({ version: 2, acks: [[1]] });
    await out;
    const epoch = { number: 4, begun: 4, passed: 1 };
    const told = new Promise<void>((resolve) => app.engine.onFresh(() => resolve()));
    app.server.send({ version: 3, epoch, changes: { S: { full: { n: 5 } } } });
    await told;
    expect(app.seen).toEqual([[false, { n: 0 }, { n: 5 }]]);
    void app.engine.call("S", "next", []).catch(() => {});
    expect(await app.server.request("event", 1)).toMatchObject({ event: "next", epoch: 4 });
  });

  it("does not concern where the page is and what it reads: the last place is asked for again, each state comes", async () => {
    await using app = await startAway();
    const ready = app.engine.ready("A");
    await app.server.request("watch");
    const moves = [app.engine.navigate("/a"), app.engine.navigate("/b")];
    await app.server.request("navigate", 1);
    await app.leave();
    await app.comeBack();
    expect(app.server.hellos[1]).toMatchObject({ path: "/b", watch: ["S", "A"] });
    app.server.welcome({
      tab: "t2",
      fresh: true,
      resume: { snapshot: { version: 1, changes: { S: { full: {} }, A: { full: {} } } } },
    });
    await ready;
    expect(await app.server.request("navigate")).toMatchObject({ path: "/b", id: 1 });
    app.server.send({ version: 2, acks: [[1]] });
    await Promise.all(moves);
    // The state that was only asked for may be given back by now.
    expect(app.server.frames.filter(({ kind }) => kind !== "unwatch").length).toBe(1);
  });

  it.each([
    ["runs for nobody, who had no session yet", "", undefined, "ran"],
    ["is refused when nobody became somebody", "", "bob", "CLIENT_USER_CHANGED"],
    ["is refused when one session became another", "k0", "bob", "CLIENT_USER_CHANGED"],
    ["runs when the browser is the same", "k1", "bob", "ran"],
  ])("before the page was ever connected %s", async (_, identity, owner, wanted) => {
    const server = await new ScriptedServer().listen();
    await using _server = server;
    const browser = { value: identity };
    const engine = server.engine({}, { identity: () => browser.value });
    const call = outcome(engine.call("S", "early", []));
    browser.value = "k1";
    engine.cut(true);
    await connectionOf(engine, ({ retryAt }) => retryAt !== undefined);
    engine.reconnectNow();
    await server.until(() => server.socket?.connected && server.hellos.at(-1));
    server.welcome({ fresh: true, epoch: { number: 1, begun: 1, passed: 1, ...(owner ? { owner } : {}) } });
    await connectionOf(engine, online);
    server.send({ version: 2, acks: [[1]] });
    expect(await call).toBe(wanted);
  });
});

describe("States of a page", () => {
  it("are asked for together, arrive, and ready() gives one promise meanwhile", async () => {
    await using app = await startOnline();
    const ready = app.engine.ready("A");
    expect(app.engine.ready("A")).toBe(ready);
    app.engine.watch("B");
    const frame = await app.server.request("watch");
    expect(frame).toMatchObject({ states: ["A", "B"], id: 1 });
    app.server.send({ version: 2, changes: { A: { full: { a: 1 } }, B: { full: {} } }, acks: [[1]] });
    await ready;
    expect(app.engine.snapshot("A")).toEqual({ a: 1 });
    await expect(app.engine.ready("S")).resolves.toBeUndefined();
  });

  it("of which one cannot be given are asked for one by one; ready() of that one rejects, and may be tried again", async () => {
    await using app = await startOnline();
    const [good, bad] = [app.engine.ready("A"), app.engine.ready("Bad")];
    bad.catch(() => {});
    await app.server.request("watch");
    app.server.send({ version: 2, acks: [[1, { code: "STATE_UNKNOWN", message: "No state" }]] });
    await app.server.request("watch", 2);
    app.server.send({
      version: 3,
      changes: { A: { full: {} } },
      acks: [[2], [3, { code: "STATE_UNKNOWN", message: "No state" }]],
    });
    await good;
    await expect(bad).rejects.toMatchObject({ code: "STATE_UNKNOWN" });
  });

  it("which the server believes to be here are given back once, and asked for again", async () => {
    await using app = await startOnline();
    void app.engine.ready("B");
    const first = await app.server.request("watch");
    app.server.send({ version: 2, acks: [[first.id]] });
    expect(await app.server.request("unwatch")).toMatchObject({ states: ["B"] });
    const second = await app.server.request("watch", 1);
    expect(second).toMatchObject({ states: ["B"] });
    app.server.send({ version: 3, changes: { B: { full: { b: 1 } } }, acks: [[second.id - 1], [second.id]] });
    await app.engine.ready("B");
    expect(app.engine.snapshot("B")).toMatchObject({ b: 1 });
  });

  it("that nobody reads any more are given back, and changes of theirs that still come are ignored", async () => {
    await using app = await startOnline();
    const problems: unknown[] = [];
    app.engine.onProblem((error) => problems.push(error));
    const arrived = new Promise<void>((resolve) => app.engine.subscribe("A", () => resolve()));
    const stop = app.engine.watch("A");
    await app.server.request("watch");
    app.server.send({ version: 2, changes: { A: { full: { a: 1 } } }, acks: [[1]] });
    await arrived;
    stop();
    stop();
    expect(await app.server.request("unwatch")).toMatchObject({ states: ["A"] });
    expect(app.engine.snapshot("A")).toBeUndefined();
    const call = app.engine.call("S", "a", []);
    const { id } = await app.server.request("event");
    app.server.send({ version: 3, changes: { A: [["set", ["a"], 2]], S: [["set", ["n"], 3]] }, acks: [[id]] });
    await call;
    expect([app.engine.snapshot("A"), app.engine.snapshot("S"), problems]).toEqual([undefined, { n: 3 }, []]);
  });

  it("effects that come before anybody listens wait for the first listener, and come once", async () => {
    await using app = await start();
    app.server.welcome({
      fresh: true,
      resume: { snapshot: { ...whole(1, 0), effects: [{ effect: "setTitle", title: "early" }] } },
    });
    await connectionOf(app.engine, online);
    const seen: unknown[] = [];
    app.engine.onEffects((effects) => seen.push(...effects));
    app.engine.onEffects((effects) => seen.push(...effects));
    expect(seen).toEqual([{ effect: "setTitle", title: "early" }]);
  });
});

describe("A frame that cannot be applied", () => {
  it.each<[string, ServerFrame, string]>([
    [
      "does not fit",
      {
        version: 2,
        changes: {
          S: [
            ["set", ["n"], 9],
            ["splice", ["n"], 0, 1],
          ],
        },
        effects: [{ effect: "reload" }],
        acks: [[1]],
      },
      "PATCH_INVALID",
    ],
    ["comes after a gap", { version: 4, changes: { S: [["set", ["n"], 9]] }, acks: [[1]] }, "CLIENT_FRAME_MISSING"],
    [
      "holds an unsafe name",
      { version: 2, changes: { S: [["set", ["n"], { ["__proto__x".slice(0, 9)]: 1 } as never]] }, acks: [[1]] },
      "VALUE_UNSAFE_KEY",
    ],
  ])(
    "because it %s is not applied at all; the states are asked for whole, and the call is answered then",
    async (_why, frame, code) => {
      await using app = await startOnline();
      const problems: string[] = [];
      const effects: unknown[] = [];
      app.engine.onProblem((error) => problems.push(error.code));
      app.engine.onEffects((some) => effects.push(...some));
      const call = app.engine.call("S", "a", []);
      await app.server.request("event");
      // As text: an object literal would set the prototype.
      app.server.send(JSON.parse(JSON.stringify(frame).replace('"__proto__x"', '"__proto__"')) as ServerFrame);
      await app.server.connection(2);
      expect([app.engine.snapshot("S"), problems, effects]).toEqual([{ n: 0 }, [code], []]);
      expect(app.server.hellos[1]).toMatchObject({ damaged: true, version: 1 });
      app.server.welcome({ received: 1, resume: { snapshot: { ...whole(4, 9), acks: [[1]] } } });
      await call;
      expect(app.engine.snapshot("S")).toEqual({ n: 9 });
      app.engine.cut(false);
      await app.server.connection(3);
      expect(app.server.hellos[2]).not.toHaveProperty("damaged");
    },
  );

  it("in a replay stops the replay: nothing is sent before the states came whole", async () => {
    await using app = await startOnline();
    const problems: string[] = [];
    app.engine.onProblem((error) => problems.push(error.code));
    app.engine.cut(true);
    await connectionOf(app.engine, ({ status }) => status === "reconnecting");
    const call = app.engine.call("S", "a", []);
    app.engine.reconnectNow();
    await app.server.connection(2);
    app.server.welcome({
      resume: { replay: [{ version: 2, changes: { S: [["append", ["n"], "x"]] } }, { version: 3 }] },
    });
    await app.server.connection(3);
    expect(problems).toEqual(["PATCH_INVALID"]);
    expect(app.engine.connection().status).toBe("reconnecting");
    expect(app.server.frames).toEqual([]);
    app.server.welcome({ resume: { snapshot: whole(3, 1) } });
    expect(await app.server.request("event")).toMatchObject({ id: 1 });
    app.server.send({ version: 4, acks: [[1]] });
    await call;
  });

  it("a frame that came already is ignored", async () => {
    await using app = await startOnline();
    const call = app.engine.call("S", "a", []);
    const { id } = await app.server.request("event");
    app.server.send({ version: 1, changes: { S: [["set", ["n"], 99]] } });
    app.server.send({ version: 2, changes: { S: [["set", ["n"], 2]] }, acks: [[id]] });
    await call;
    expect(app.engine.snapshot("S")).toEqual({ n: 2 });
  });
});

describe("A server that will not have the page", () => {
  it.each(["CHANNEL_PROTOCOL_MISMATCH", "CHANNEL_HELLO_INVALID"])(
    "because of %s ends the tries; what waits and what comes fails with it",
    async (code) => {
      const server = await new ScriptedServer().listen();
      await using _ = server;
      server.refuse(code);
      const engine = server.engine();
      const [ready, call] = [engine.ready("S"), engine.call("S", "a", [])];
      await expect(call).rejects.toMatchObject({ code, attribution: "framework" });
      await expect(ready).rejects.toMatchObject({ code });
      expect(engine.connection()).toMatchObject({
        status: "refused",
        outdated: code === "CHANNEL_PROTOCOL_MISMATCH",
        error: { code },
      });
      await expect(engine.call("S", "b", [])).rejects.toMatchObject({ code });
      await expect(engine.ready("T")).rejects.toMatchObject({ code });
      expect(server.hellos.length).toBe(1);
    },
  );

  it.each(["CHANNEL_FULL", "CHANNEL_ADDRESS_FULL", "CHANNEL_SESSION_FULL", "CHANNEL_CLOSING"])(
    "because of %s is asked again",
    async (code) => {
      const server = await new ScriptedServer().listen();
      await using _ = server;
      server.refuse(code);
      const engine = server.engine();
      await connectionOf(engine, ({ retryAt }) => retryAt !== undefined);
      server.refuse(undefined);
      engine.reconnectNow();
      await server.connection(2);
      server.welcome({ fresh: true });
      expect(await connectionOf(engine, online)).toMatchObject({ status: "online" });
    },
  );
});

it("a connection that is cut between the upgrade and its first message is tried again at once", async () => {
  let upgrades = 0;
  const http = createServer();
  const again = new Promise<void>((resolve) => {
    http.on("upgrade", (request, socket) => {
      if (++upgrades === 2) resolve();
      const accept = createHash("sha1")
        .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
      socket.write(head, () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const engine = createEngine({
    environment: {
      origin,
      build: "b1",
      path: "/",
      tab: { get: () => undefined, set: () => {} },
      onWake: () => () => {},
      identity: () => "",
      onIdentity: () => () => {},
      claimCookies: async () => 204,
    },
  });
  await again;
  engine.close();
  http.close();
});

describe("The server's limit of a message", () => {
  it("refuses in the page what the server would not take", async () => {
    await using app = await start();
    app.server.welcome({ frameSize: 1_000 });
    await connectionOf(app.engine, online);
    const call = app.engine.call("S", "save", ["x".repeat(2_000)]);
    await expect(call).rejects.toMatchObject({ code: "CLIENT_FRAME_TOO_LARGE", attribution: "app" });
  });
});
