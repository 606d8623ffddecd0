import { defineCommand } from "../command.ts";

/** `antiphon routes`. */
export const routesCommand = defineCommand({
  name: "routes",
  summary: "List everything that answers at a URL",
  options: {},
  async run({ root, terminal, verbose }) {
    const { inspectApp } = await import("../../server/assembly/inspect-app.ts");
    const { routes, problems } = await inspectApp({ root });
    terminal.table(
      ["OWNER", "METHOD", "PATH", "WHAT"],
      routes.map(({ owner, method, path, detail }) => [owner, method, path, detail]),
    );
    for (const problem of problems) terminal.error(problem, { verbose });
    return problems.length === 0 ? 0 : 1;
  },
});
