import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon check`. */
export const checkCommand = defineCommand({
  name: "check",
  summary: "Load settings and app, and report what is wrong with them",
  description: "Exits with 1 when there is a problem. Nothing is served or built.",
  options: {},
  async run({ root, terminal, verbose }) {
    const { inspectApp } = await import("../../server/inspect-app.ts");
    const { routes, states, problems, warnings } = await inspectApp({ root });
    for (const warning of warnings) terminal.warn(warning);
    for (const problem of problems) terminal.error(problem, { verbose });
    if (problems.length > 0) {
      terminal.line(`${counted(problems.length, "problem")}.`);
      return 1;
    }
    const pages = routes.filter(({ owner }) => owner === "page").length;
    const views = routes.filter(({ owner }) => owner === "view").length;
    terminal.line(
      `No problems: ${counted(pages, "page")}, ${counted(states.length, "state")}, ${counted(views, "HTTP view")}.`,
    );
    return 0;
  },
});
