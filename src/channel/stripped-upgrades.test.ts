import { expect, test } from "vitest";
import { testChannel } from "./channel.fixture.ts";

test("a WebSocket request whose upgrade a proxy took out is written to the log, once for many of them", async () => {
  await using app = await testChannel({});
  for (const path of ["/_event/", "/_event/?EIO=4&transport=polling"]) await fetch(app.url + path);
  expect(app.log).toEqual([]);
  for (let page = 0; page < 20; page++) {
    const response = await fetch(`${app.url}/_event/?EIO=4&transport=websocket`, { headers: { via: "1.1 a proxy" } });
    expect(response.status).toBe(400);
  }
  expect(app.log).toEqual([
    {
      level: "warn",
      details: expect.objectContaining({ code: "SERVER_UPGRADE_REQUIRED", via: "1.1 a proxy", httpVersion: "1.1" }),
      message: expect.stringContaining("let the proxy pass the headers Upgrade and Connection"),
    },
  ]);
});
