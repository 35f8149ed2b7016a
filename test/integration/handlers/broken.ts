// Cannot be loaded: its module throws while it is evaluated.
import type { Handler } from "nea-gateway";

const settings: Record<string, string> = {};

if (settings["url"] === undefined) throw new Error("no url is set");

export default {
  fetch: () => new Response(settings["url"]),
} satisfies Handler;
