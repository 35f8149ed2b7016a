/**
 * `nea profile HANDLER`: one request in an arena, sent until its figures are steady: what it answers, the memory and the
 * CPU time it needs and which lines they go to, and what to write into the configuration.
 */
import { formatSizeBytes, parseSizeBytes } from "../shared/units.ts";
import type { ArenaOptions } from "../testing/types.ts";
import { type Asked, type Measured, measure } from "./profile/measure.ts";
import { parseProfileOptions } from "./profile/profile-options.ts";
import { renderProfile } from "./profile/profile-report.ts";

/** Nothing is cut short but what would never end. */
const LIMITS = { cpu: "10s", wall: "60s", body: "1Gi", subrequests: 1000 } as const;

/** A request that outgrows its arena is tried again in larger ones, to see what it would need. */
const LARGER = 4;
const ARENA_BYTES_MAX = 256 * 1024 * 1024;

/** Returns the exit code: 1 when the gateway had to answer in the handler's place. Throws CommandError, ConfigError, HandlerLoadError. */
export async function runProfile(
  argv: string[],
  write: (text: string) => void,
  color: boolean,
): Promise<number> {
  const { arena, handler, method, path, headers, data, runs, notes } = await parseProfileOptions(argv);
  const init: RequestInit = { method, headers, ...(data !== null && { body: data }) };
  const bodyBytes = data === null ? 0 : Buffer.byteLength(data);
  const { measured, outgrown } = await measureAtAnySize({ ...arena, limits: LIMITS }, { path, init, runs });
  const body = await measured.result.response.text();
  for (const note of notes) write(`  ${note}\n`);
  if (outgrown.length > 0) write(`  outgrows ${outgrown.join(", ")}\n\n`);
  write(renderProfile(measured, body, { handler, method, path, warm: arena.warm ?? [], bodyBytes, color }));
  return measured.result.code === null ? 0 : 1;
}

async function measureAtAnySize(
  options: ArenaOptions,
  asked: Asked,
): Promise<{ measured: Measured; outgrown: string[] }> {
  const outgrown: string[] = [];
  for (let arena = options.arena ?? "4Mi"; ;) {
    const measured = await measure({ ...options, arena }, asked);
    const larger = parseSizeBytes(arena) * LARGER;
    if (measured.result.code !== "ARENA_MEMORY_EXCEEDED" || larger > ARENA_BYTES_MAX)
      return { measured, outgrown };
    outgrown.push(arena);
    arena = formatSizeBytes(larger);
  }
}
