import { authenticate, login, loginRequired, logout } from "antiphon/auth";
import { objects } from "antiphon/models";
import type { FastifyInstance } from "fastify";
import { Note } from "./models.ts";

/** HTTP views: the same session and user as in the state classes. */
export default async function routes(app: FastifyInstance) {
  app.get("/me", async (request) => ({
    name: request.user.username,
    isAuthenticated: request.user.isAuthenticated,
    theme: request.session.get("theme", "light"),
  }));

  app.get("/notes", { preHandler: loginRequired() }, async (request) =>
    objects(Note)
      .filter({ user: Number(request.user.id) })
      .rows(["id", "title"]),
  );
}
