import type { FastifyInstance } from "fastify";
import { ways } from "./accounts.ts";

export default async function routes(app: FastifyInstance) {
  app.post<{ Body: { way: string } }>("/write", async ({ body }) => {
    await ways[body.way]?.();
    return {};
  });
}
