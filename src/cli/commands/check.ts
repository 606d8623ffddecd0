import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** `antiphon check`. */
export const checkCommand = defineCommand({
  name: "check",
  summary: "Load settings and app, and report what is wrong with them",
  description:
    "Exits with 1 when there is a problem. Nothing is served or built.\nWith --deploy it also reports what speaks against serving the app to strangers: run it where the app is to run.",
  options: {
    deploy: {
      type: "boolean",
      description: "Look at what production needs: secrets, hosts, cookies, mails, migrations",
    },
  },
  async run({ root, options, terminal, verbose }) {
    // Settings may tell by it where they are used.
    if (options.deploy) process.env["NODE_ENV"] ??= "production";
    const { inspectApp } = await import("../../server/assembly/inspect-app.ts");
    const { routes, states, models, problems, warnings, config } = await inspectApp({ root });
    for (const warning of warnings) terminal.warn(warning);
    for (const problem of problems) terminal.error(problem, { verbose });
    let errors = problems.length;
    if (options.deploy && config) {
      const { deployProblems, printProblems } = await import("../deploy-check.ts");
      const found = await deployProblems(root, models);
      printProblems(terminal, found);
      errors += found.filter(({ level }) => level === "error").length;
    }
    if (errors > 0) {
      terminal.line(`${counted(errors, "problem")}.`);
      return 1;
    }
    const pages = routes.filter(({ owner }) => owner === "page").length;
    const own = states.filter((id) => !id.startsWith("antiphon."));
    const views = routes.filter(({ owner }) => owner === "view").length;
    terminal.line(
      `No problems: ${counted(pages, "page")}, ${counted(own.length, "state")}, ${counted(views, "HTTP view")}.`,
    );
    return 0;
  },
});
