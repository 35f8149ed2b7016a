/**
 * When a request's heap is searched for cyclic garbage. What is not in a cycle is freed at once, and a search walks every
 * object of the image: left to itself the engine begins when the heap is half as large again as what lived last time, which
 * most requests that allocate at all reach, and finds nothing.
 *
 * Here the heap's growth decides. It may take three eighths of the room that the image leaves without a search; then there is
 * one, as soon as the engine makes its next object, and another whenever the heap has grown by an eighth more. So an eighth is
 * what a request that needs all of its room can lose to garbage, and it pays for a handful of searches. (From the first one
 * on the engine's own rule holds between them.)
 */

/** For the engine: not until somebody says so. */
export const NO_SEARCH_BYTES = 0x7fff_ffff;
/** For the engine: when it makes its next object. */
export const SEARCH_NOW_BYTES = 0;

/** Up to where the heap may grow until the next search; all in pages. */
export function nextSearch(topPages: number, imagePages: number, limitPages: number): number {
  const room = limitPages - imagePages;
  const first = imagePages + Math.ceil((3 * room) / 8);
  return Math.min(limitPages, topPages < first ? first : topPages + Math.ceil(room / 8));
}
