import type { Handler } from "nea-gateway";

// Every level goes through a native function.
function down(): unknown {
  return [1, 2].sort(() => down() as number);
}

export default {
  fetch() {
    try {
      down();
    } catch (error) {
      return new Response((error as Error).name);
    }
    return new Response("never");
  },
} satisfies Handler;
