/** What ended handlers before their time, most recent first. */
import type { FailureRing } from "../failure-ring.ts";
import type { OverflowsView } from "./shapes.ts";

export function overflowsView(failures: FailureRing): OverflowsView {
  const { count, groups, groupsForgotten, latest } = failures;
  return { count, groups, groupsForgotten, latest };
}
