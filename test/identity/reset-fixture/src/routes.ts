import type { FastifyInstance } from "fastify";
import { actions, type Form } from "./actions.ts";

export default async function routes(app: FastifyInstance) {
  app.post<{ Params: { name: string }; Body: Form }>("/:name", async ({ params, body }) => ({
    answer: await actions[params.name]?.(body),
  }));
}
