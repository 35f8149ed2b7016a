import type { Handler } from "nea-gateway";

// A handler with a leak, to see what happens: it keeps every chunk it makes and never stops making them.
//
// The client gets 500 with the code ARENA_MEMORY_EXCEEDED. The log names the line below on which the arena
// was full. Requests in other arenas, and the next one in this arena, notice nothing.
const CHUNK_CHARACTERS = 64 * 1024;

function leak(kept: string[]): string {
  const chunk = "x".repeat(CHUNK_CHARACTERS) + kept.length; // each is new: nothing here can be shared
  kept.push(chunk);
  return chunk;
}

export default {
  fetch() {
    const kept: string[] = [];
    while (true) {
      leak(kept);
    }
  },
} satisfies Handler;
