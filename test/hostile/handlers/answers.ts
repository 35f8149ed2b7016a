// The innocent one: a right answer that takes a little of everything.
const seen: string[] = [];

export default {
  async fetch(request: Request) {
    const url = new URL(request.url);
    seen.push(url.pathname);
    await Promise.resolve();
    const words = Array.from({ length: 50 }, (_, i) => `word ${i}`)
      .sort()
      .join(" ");
    return Response.json({ path: url.pathname, seen: seen.length, words: words.length });
  },
};
