/** What could wake a handler that waits for a subrequest, apart from that subrequest: each part of the platform speaks for itself. */

const parts: (() => boolean)[] = [];

export function underWayWhile(part: () => boolean): void {
  parts.push(part);
}

export function isAnythingUnderWay(): boolean {
  return parts.some((part) => part());
}
