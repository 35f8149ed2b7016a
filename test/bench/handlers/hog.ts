import type { Handler } from "nea-gateway";

// GET /hog keeps arrays until there is no memory left; everything else is answered like hello.ts.
function hog(): never {
  const kept: number[][] = [];
  while (true) kept.push(new Array<number>(1024).fill(kept.length));
}

export default {
  fetch(request) {
    const [, first, name = "you"] = new URL(request.url).pathname.split("/");
    if (first === "hog") hog();
    return new Response(`hello ${name}\n`, { headers: { "content-type": "text/plain" } });
  },
} satisfies Handler;
