import { describe, expect, it, vi } from "vitest";
import { RequestContext } from "../../bridge/request-context.ts";
import { EventAnswer, EventMessage } from "./event-message.ts";
import { noIdentity } from "./no-identity.ts";

function message(protocol: "http" | "https" = "https") {
  const source = { kind: "event", method: "GET", url: "/notes?x=1", ip: "192.0.2.1", host: "a.example" } as const;
  const context = new RequestContext({ ...source, headers: { cookie: "a=1", "x-b": "c" }, protocol }, noIdentity);
  return new EventMessage(context, "/hidden", () => "worked");
}

describe("What an event shows in place of a message", () => {
  it("is a GET with the headers, the address and the protocol of its request, and has no body to wait for", () => {
    const { method, url, headers, socket, httpVersion, complete, aborted, destroyed, readableEnded, result } =
      message();
    expect({ method, url, headers, socket, httpVersion }).toEqual({
      method: "GET",
      url: "/hidden",
      headers: { cookie: "a=1", "x-b": "c" },
      socket: { remoteAddress: "192.0.2.1", encrypted: true, destroyed: false },
      httpVersion: "1.1",
    });
    expect([complete, readableEnded, aborted, destroyed, result]).toEqual([true, true, false, false, undefined]);
    expect(message("http").connection.encrypted).toBe(false);
    const made = message();
    expect([made.resume() === made, made.work()]).toEqual([true, "worked"]);
  });

  it("lets a hook write over what it says, for itself alone", () => {
    const made = message() as { -readonly [K in keyof EventMessage]: unknown };
    made.method = "POST";
    made.headers = {};
    expect([made.method, made.headers]).toEqual(["POST", {}]);
    expect([message().method, Object.keys(message().headers)]).toEqual(["GET", ["cookie", "x-b"]]);
  });

  it("takes listeners, calls them in their order, those of once a single time, and lets go of them", () => {
    const made = message();
    const calls: unknown[] = [];
    const first = (...args: unknown[]) => calls.push(["first", ...args]);
    const listener = vi.fn();
    expect([made.emit("close"), made.listenerCount("close")]).toEqual([false, 0]);
    made
      .on("close", first)
      .once("close", () => calls.push(["once"]))
      .addListener("error", listener);
    expect([made.listenerCount("close"), made.emit("close", 1, 2), made.emit("close", 3)]).toEqual([2, true, true]);
    expect(calls).toEqual([["first", 1, 2], ["once"], ["first", 3]]);
    expect(made.off("close", first).emit("close")).toBe(false);
    expect([made.removeListener("error", first).emit("error"), listener.mock.calls.length]).toEqual([true, 1]);
    made.on("end", first).removeAllListeners("error");
    expect([made.listenerCount("error"), made.listenerCount("end")]).toEqual([0, 1]);
    expect(made.removeAllListeners().listenerCount("end")).toBe(0);
    expect([made.off("end", first).emit("end"), made.removeAllListeners("end").emit("end")]).toEqual([false, false]);
  });
});

describe("What hooks answer to an event", () => {
  it("is 200 without headers until they say something else, and ends once", () => {
    const ended = vi.fn();
    const finish = vi.fn();
    const answer = new EventAnswer(ended);
    answer.on("finish", finish);
    expect([answer.statusCode, answer.headersSent, answer.writableEnded, answer.getHeaderNames()]).toEqual([
      200,
      false,
      false,
      [],
    ]);
    expect(answer.end().end()).toBe(answer);
    expect([ended.mock.calls, finish.mock.calls.length]).toEqual([[[answer]], 1]);
    const { headersSent, writableEnded, writableFinished, finished, destroyed } = answer;
    expect([headersSent, writableEnded, writableFinished, finished, destroyed]).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it("ends as well when it is destroyed", () => {
    const ended = vi.fn();
    new EventAnswer(ended).destroy();
    expect(ended).toHaveBeenCalledOnce();
  });

  it("holds headers whatever their case, adds to them and takes them away", () => {
    const answer = new EventAnswer(() => {});
    expect([answer.getHeader("a"), answer.hasHeader("a"), answer.getHeaders()]).toEqual([undefined, false, {}]);
    answer.removeHeader("a");
    answer.setHeader("Set-Cookie", "a=1").appendHeader("set-cookie", ["b=2", "c=3"]).appendHeader("X-One", "1");
    expect(answer.getHeader("SET-COOKIE")).toEqual(["a=1", "b=2", "c=3"]);
    expect([answer.getHeaderNames(), answer.hasHeader("x-one")]).toEqual([["set-cookie", "x-one"], true]);
    answer.setHeader("Retry-After", 7).removeHeader("X-ONE");
    expect(answer.getHeaders()).toEqual({ "set-cookie": ["a=1", "b=2", "c=3"], "retry-after": 7 });
    expect([answer.hasHeader("__proto__"), answer.hasHeader("constructor")]).toEqual([false, false]);
  });

  it("takes status and headers of writeHead, with a word for the status or without", () => {
    for (const rest of [[{ location: "/login" }], ["Found", { location: "/login" }]]) {
      const answer = new EventAnswer(() => {}).writeHead(302, ...rest);
      expect([answer.statusCode, answer.getHeader("Location"), answer.headersSent]).toEqual([302, "/login", true]);
    }
    expect(new EventAnswer(() => {}).writeHead(404, "Not Found").getHeaderNames()).toEqual([]);
  });

  it("keeps nothing of a body", () => {
    const answer = new EventAnswer(() => {});
    expect([answer.write(), answer.headersSent, answer.writableEnded]).toEqual([true, true, false]);
    const flushed = new EventAnswer(() => {});
    flushed.flushHeaders();
    expect(flushed.headersSent).toBe(true);
  });
});
