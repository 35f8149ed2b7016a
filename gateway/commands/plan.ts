/** `nea plan`: the memory bound of a configuration, without starting anything. */
import { loadConfig } from "../config.ts";
import { planOf, renderPlan } from "../plan.ts";

export interface PlanOptions {
  configFile: string;
  json: boolean;
  write(text: string): void;
}

/** Throws ConfigError. */
export async function runPlan({ configFile, json, write }: PlanOptions): Promise<number> {
  const plan = planOf(loadConfig(configFile));
  write(json ? `${JSON.stringify(plan, null, 2)}\n` : `${renderPlan(plan)}\n`);
  return 0;
}
