// Bodies and headers from the outside, large or malicious: each ends in a value or an error, in bounded time (the
// route's CPU limit is the clock).
import { Checks } from "../check.ts";

export const bounds = new Checks();

bounds.addOnlyHere(
  "a multipart body of 1,000 parts is read, one of 1,001 is not",
  async (t) => {
    const form = (parts: number) =>
      new Response(`${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(parts)}--b--`, {
        headers: { "content-type": "multipart/form-data; boundary=b" },
      }).formData();
    return [[...(await form(1000)).keys()].length, await t.rejected(form(1001))];
  },
  [1000, "TypeError"],
);

bounds.addOnlyHere(
  "a part's head of 16 KiB is read, a longer one is not",
  async (t) => {
    const form = (padding: number) =>
      new Response(
        `--b\r\nContent-Disposition: form-data; name="a"\r\nx-pad: ${"p".repeat(padding)}\r\n\r\n1\r\n--b--`,
        { headers: { "content-type": "multipart/form-data; boundary=b" } },
      ).formData();
    return [(await form(16_000)).get("a"), await t.rejected(form(16_400))];
  },
  ["1", "TypeError"],
);

bounds.addOnlyHere(
  "half a megabyte of line breaks, and of beginnings of the boundary, is read in linear time",
  async () => {
    const boundary = "x".repeat(60);
    const read = async (content: string) => {
      const text = `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n${content}\r\n--${boundary}--`;
      const form = await new Response(text, {
        headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
      }).formData();
      return (form.get("a") as string).length;
    };
    return [await read("\r".repeat(500_000)), await read(`\r\n--${"x".repeat(59)}`.repeat(7_900))];
  },
  [500_000, 7_900 * 63],
);

bounds.addOnlyHere(
  "twenty thousand pairs of a urlencoded body, all names alike",
  async () => {
    const form = await new Response("a=%&".repeat(20_000), {
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }).formData();
    return [form.getAll("a").length, form.get("a")];
  },
  [20_000, "%"],
);

bounds.addOnlyHere(
  "content-types made to backtrack",
  async (t) => {
    const types = [
      `multipart/form-data${';a="'.repeat(4000)}`,
      `multipart/form-data;${"\\".repeat(8000)}"`,
      `multipart/form-data; boundary="${'\\"'.repeat(4000)}`,
      `${"a".repeat(8000)}/`,
      `multipart/form-data${"; boundary".repeat(1500)}`,
    ];
    const results: string[] = [];
    for (const type of types)
      results.push(await t.rejected(new Response("x", { headers: { "content-type": type } }).formData()));
    return results;
  },
  Array(5).fill("TypeError"),
);

bounds.addOnlyHere(
  "ten thousand headers of one name",
  () => {
    const h = new Headers();
    for (let i = 0; i < 10_000; i++) h.append("a", "b");
    const length = h.get("a")!.length;
    h.delete("a");
    return [length, h.has("a")];
  },
  [29_998, false],
);

bounds.addOnlyHere(
  "values deep in one another are shown up to three levels",
  () => {
    let deep: unknown = "end";
    for (let i = 0; i < 50_000; i++) deep = { deep };
    console.log(deep);
    return "fine";
  },
  "fine",
);

bounds.addOnlyHere(
  "a value too deep to clone is a RangeError, and the arena goes on",
  (t) => {
    let deep: unknown = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    return [t.thrown(() => structuredClone(deep)), structuredClone([1])];
  },
  ["RangeError", [1]],
);

bounds.addOnlyHere(
  "a thousand timers cost one effect",
  () =>
    new Promise((resolve) => {
      let ran = 0;
      for (let i = 1000; i > 0; i--) setTimeout(() => ++ran, 5 + (i % 3));
      setTimeout(() => resolve(ran), 40);
    }),
  1000,
);

bounds.addOnlyHere(
  "five thousand console lines are cut off, not the request",
  () => {
    for (let i = 0; i < 5000; i++) console.debug("x".repeat(100));
    return "fine";
  },
  "fine",
);
