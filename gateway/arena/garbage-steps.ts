/**
 * When a request's heap is searched for cyclic garbage. What is not in a cycle is freed at once, and a search walks every
 * object of the image: left to itself the engine begins when the heap is half as large again as what lived last time, which
 * most requests that allocate at all reach, and finds nothing.
 *
 * Here the heap's growth decides. It may take a quarter of the room that the image leaves without a search; then there is
 * one, as soon as the engine makes its next object, and another whenever the heap has grown by an eighth more. So no more than
 * that is lost to garbage when a request needs all it may have, and a request pays for ten searches at most. (Between
 * them the engine's own rule holds from the first search on.)
 */

/** For the engine: not until somebody says so. */
export const NO_SEARCH_BYTES = 0x7fff_ffff;
/** For the engine: when it makes its next object. */
export const SEARCH_NOW_BYTES = 0;

/** Up to where the heap may grow until the next search; all in pages. */
export function nextSearch(topPages: number, imagePages: number, limitPages: number): number {
  const room = limitPages - imagePages;
  const first = imagePages + Math.ceil(room / 4);
  return Math.min(limitPages, topPages < first ? first : topPages + Math.ceil(room / 8));
}
