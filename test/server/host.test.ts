import { request } from "node:http";
import { createLogger, createServer } from "antiphon";
import { io } from "socket.io-client";
import { expect, test } from "vitest";

const root = new URL("../fixtures/server-app", import.meta.url).pathname;

test("a page of another site that points its own name at this machine reaches neither documents nor the socket", async () => {
  const logger = createLogger({ name: "test", pretty: false, level: "silent" });
  const server = await createServer({ root, mode: "test", port: 0, logger });
  await server.listen();
  try {
    const status = await new Promise((resolve, reject) => {
      const asked = request(server.url, { headers: { host: `evil.example:${server.port}` } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject).end();
    });
    expect(status).toBe(421);
    const socket = io(server.url, {
      path: "/_event",
      transports: ["websocket"],
      reconnection: false,
      extraHeaders: { host: `evil.example:${server.port}`, origin: `http://evil.example:${server.port}` },
    });
    const refused = await new Promise((resolve) => {
      socket.on("connect", () => resolve(false));
      socket.on("connect_error", () => resolve(true));
    });
    socket.close();
    expect(refused).toBe(true);
  } finally {
    await server.close();
  }
});
