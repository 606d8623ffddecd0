import { defineCommand } from "antiphon";
import { createSuperuser, createUser, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { Note } from "../src/models.ts";

const PEOPLE = [
  { username: "demo", password: "demo-demo", email: "demo@example.com", firstName: "Dana" },
  { username: "admin", password: "admin-admin", email: "admin@example.com", firstName: "Alex" },
] as const;

/** Makes the people and notes that the example is shown with; what is there already is left alone. */
export default defineCommand({
  summary: "Make a demo user, an admin and two notes",
  needs: "database",
  async run({ terminal }) {
    for (const { username, ...rest } of PEOPLE) {
      if (await objects(User).filter({ username }).exists()) continue;
      const create = username === "admin" ? createSuperuser : createUser;
      const { id } = await create({ username, ...rest });
      await objects(Note).create({ user: Number(id), title: `A note of ${rest.firstName}`, content: "Only I see it." });
    }
    terminal.line("Sign in as:");
    for (const { username, password } of PEOPLE) terminal.line(`  ${username.padEnd(6)} ${password}`);
    terminal.line("");
  },
});
