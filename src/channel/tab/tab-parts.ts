import type { RunWithin } from "../../context-variable.ts";
import type { PageTable } from "../../protocol/page.ts";
import type { RateLimit } from "../../rate-limit.ts";
import type { Runner } from "../../state/handlers/runner.ts";
import type { StateRegistry } from "../../state/registry.ts";
import type { StateTree } from "../../state/state-tree.ts";
import type { ChannelLimits } from "../options.ts";
import type { OutputBudget } from "../output-budget.ts";
import type { ChannelLogger } from "../wire-error.ts";
import type { TabGuards } from "./tab-guards.ts";
import type { TabOutput } from "./tab-output.ts";
import type { Bridge, TabRequests } from "./tab-requests.ts";
import type { TabStates } from "./tab-states.ts";

/** The app as its tabs see it. Replaced as a whole when the app's code is reloaded. */
export interface TabApp {
  readonly states: StateRegistry;
  readonly pages: PageTable;
  readonly build: string;
  readonly limits: ChannelLimits;
  readonly mode: string;
  readonly logger: ChannelLogger;
  /** Limits how many unknown names are logged, of all tabs together. */
  readonly strangeNames: RateLimit;
  /** Counts the bytes that the process holds for pages that have not read them yet. */
  readonly output: OutputBudget;
  /** Runs every turn in a context of the server, for example with a database. */
  readonly runIn?: RunWithin | undefined;
  /** Turns events into requests; without it no event has a session or user. */
  readonly bridge?: Bridge | undefined;
}

/** The parts of a tab that its stages share. */
export interface TabParts {
  readonly app: TabApp;
  readonly tree: StateTree;
  readonly runner: Runner;
  readonly requests: TabRequests;
  readonly guards: TabGuards;
  readonly output: TabOutput;
  readonly states: TabStates;
}
