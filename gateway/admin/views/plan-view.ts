/** The plan against what the container allows and what the process uses. */
import type { Sources } from "../sources.ts";
import type { PlanView } from "./shapes.ts";

export function planView({ plan, limit, memory }: Sources): PlanView {
  const { rssBytes, peakRssBytes, cgroupBytes } = memory.read();
  return {
    terms: plan.terms.filter(({ bytes }) => bytes > 0),
    totalBytes: plan.totalBytes,
    limitBytes: limit?.bytes ?? null,
    limitSource: limit?.source ?? null,
    rssBytes,
    peakRssBytes,
    cgroupBytes,
  };
}
