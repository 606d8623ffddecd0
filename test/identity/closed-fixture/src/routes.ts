import { loginRequired, permissionRequired } from "antiphon/auth";
import type { FastifyInstance } from "fastify";

export default async function routes(app: FastifyInstance) {
  const guard = loginRequired();
  app.addHook("preHandler", async (request, reply) => (request.kind === "view" ? guard(request, reply) : undefined));
  app.get("/me", async ({ user }) => ({ name: user.username }));
  app.get("/status", { config: { loginRequired: false } }, async () => ({ ok: true }));
  app.get(
    "/notes",
    { config: { loginRequired: false }, preHandler: permissionRequired("closed.view_note") },
    async () => ({ notes: [] }),
  );
}
