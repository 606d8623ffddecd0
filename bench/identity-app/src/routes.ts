import type { FastifyInstance } from "fastify";

/** Five hooks such as apps have: two that only look, two that are async, one that adds a header. */
export default async function routes(app: FastifyInstance) {
  app.decorateRequest("startedAt", 0);
  app.addHook("onRequest", (request, _, done) => {
    (request as unknown as { startedAt: number }).startedAt = performance.now();
    done();
  });
  app.addHook("onRequest", async (request) => {
    if (request.headers["user-agent"] === "forbidden") throw new Error("Not you");
  });
  app.addHook("preHandler", async (request) => {
    if (request.user.isAuthenticated && !request.user.isActive) throw new Error("Not you");
  });
  app.addHook("onSend", (_, reply, payload, done) => {
    reply.header("x-served-by", "bench");
    done(null, payload);
  });
  app.addHook("onResponse", (_request, _reply, done) => done());
}
