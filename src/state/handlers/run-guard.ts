import type { Guard, GuardResult } from "../event.ts";
import { timed } from "../loop-watch.ts";
import type { State } from "../state.ts";
import { type ActiveRun, RunView } from "./active-run.ts";
import { runs } from "./run.ts";

/** Runs a guard as part of a run that may not write. Returns true without a guard. */
export async function runGuard(
  run: ActiveRun,
  guard: Guard | undefined,
  call: { readonly state: State; readonly event: string },
): Promise<GuardResult> {
  if (!guard) return true;
  return await timed(run, () => runs.run(new RunView(run, false), () => guard(call)));
}
