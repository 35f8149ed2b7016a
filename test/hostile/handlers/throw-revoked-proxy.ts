import type { Handler } from "nea-gateway";

export default {
  fetch() {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    throw proxy;
  },
} satisfies Handler;
