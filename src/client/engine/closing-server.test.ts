import { describe, expect, it } from "vitest";
import { connectionOf, ScriptedServer } from "./scripted-server.fixture.ts";

const online = ({ status }: { status: string }) => status === "online";

describe("A server that stops", () => {
  it("gets no call that waits for the next server, also when it answers again after it was silent", {
    timeout: 20_000,
  }, async () => {
    await using server = await new ScriptedServer().listen();
    const engine = server.engine();
    const socket = await server.connection(1);
    server.welcome({ fresh: true });
    await connectionOf(engine, online);
    // Its answer never comes: the page finds out whether the server is still there.
    engine.call("S", "run", []).catch(() => {});
    await server.request("event");
    const stopping = new Promise<void>((resolve) => engine.onEffects(() => resolve()));
    socket.emit("closing", { received: 1 });
    server.send({ version: 2, effects: [{ effect: "back" }] });
    await stopping;
    const outcome = engine.call("S", "save", []).then(
      () => "ran",
      (error) => error.code,
    );
    engine.watch("T");
    await connectionOf(engine, ({ status }) => status === "reconnecting");
    socket.emit("probe", "0");
    await connectionOf(engine, online);
    // The page's answer arrives after everything that it sent before.
    await socket.emitWithAck("alive");
    expect(server.frames.map(({ kind }) => kind)).toEqual(["event"]);
    socket.disconnect(true);
    await server.connection(2);
    expect(server.hellos[1]?.watch).toEqual(["T"]);
    server.welcome({ tab: "t2", fresh: true, epoch: { number: 1, begun: 1, passed: 1 } });
    expect(await outcome).toBe("CLIENT_STATE_GONE");
  });
});
