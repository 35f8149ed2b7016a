import type { Handler } from "nea-gateway";

// A proxy of a proxy of a proxy.
export default {
  fetch() {
    let proxy: object = {};
    for (let i = 0; i < 20_000; i++) proxy = new Proxy(proxy, {});
    try {
      return new Response(`${(proxy as { length?: number }).length}`);
    } catch (error) {
      return new Response((error as Error).name);
    }
  },
} satisfies Handler;
