import type { Handler } from "nea-gateway";

export default {
  fetch() {
    JSON.stringify = () => "forged";
    JSON.parse = () => ({ forged: true });
    return Response.json({ own: 1 });
  },
} satisfies Handler;
