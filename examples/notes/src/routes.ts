import { type Credentials, loginRequired, logout, signIn } from "antiphon/auth";
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

  // Signed in here, signed in on every open page of this browser: their sockets follow the cookie.
  app.post<{ Body: Credentials | null }>("/login", async ({ body }) => {
    const { username } = await signIn({ username: body?.username, password: body?.password });
    return { name: username };
  });

  app.post("/logout", async () => {
    await logout();
    return {};
  });

  app.get("/notes", { preHandler: loginRequired() }, async (request) =>
    objects(Note)
      .filter({ user: request.user })
      .rows(["id", "title"]),
  );
}
