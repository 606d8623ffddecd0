import { atomic, objects } from "antiphon/models";
import type { FastifyInstance } from "fastify";
import { Entry } from "./models.ts";
import { goesOn, release } from "./until-released.ts";

export default async function routes(app: FastifyInstance) {
  app.get("/release", async () => {
    release();
    return {};
  });
  app.get("/spins", async () => {
    for (const end = performance.now() + 300; performance.now() < end; ) await null;
    return {};
  });
  app.get("/reads", async () => {
    for (const begun = performance.now(); goesOn(begun); ) await objects(Entry).count();
    return { ended: true };
  });
  app.get("/writes", async () => {
    for (const begun = performance.now(); goesOn(begun); ) await atomic(() => objects(Entry).create({ n: 1 }));
    return { ended: true };
  });
}
