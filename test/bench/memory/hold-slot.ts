/** Holds its slot. */
export default {
  fetch: () => new Promise<Response>((resolve) => setTimeout(resolve, 3_000_000, new Response("late"))),
};
