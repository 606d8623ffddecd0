import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ENDPOINTS } from "../../protocol/endpoints.ts";
import { startDispatcher } from "./dispatcher.fixture.ts";
import { endpoints } from "./endpoints.ts";
import { pathOwner, prefixTable } from "./path-owner.ts";

const rows = endpoints.map((endpoint) => [endpoint.path, endpoint] as const);

it("lists every path of the protocol's list; uploads have no endpoint yet", () => {
  const { upload, ...others } = ENDPOINTS;
  expect(rows.map(([path]) => path).sort()).toEqual(Object.values(others).sort());
  expect(pathOwner(prefixTable({}), upload)).toEqual({ owner: "framework", endpoint: upload });
});

it("is the table of the reference", () => {
  const page = readFileSync(new URL("../../../docs/reference/protocol.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `(\/_\w+)` \| (\w+) \| (.+?) \|$/gm)].map(([, ...cells]) => cells);
  expect(listed).toEqual(endpoints.map(({ path, methods, purpose }) => [path, methods.join(", "), purpose]));
});

it.each(rows)(
  "%s belongs to the framework, also below a prefix, and refuses other methods with 405",
  async (path, row) => {
    const app = await startDispatcher({ backendPrefix: "/api" });
    for (const asked of [path, `/api${path}`]) {
      const answer = await app.fetch(asked, { method: "DELETE" });
      const allowed = row.methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
      const expected = row.handle ? [405, allowed] : [404, null];
      expect([asked, answer.status, answer.headers.get("allow")]).toEqual([asked, ...expected]);
    }
  },
);
