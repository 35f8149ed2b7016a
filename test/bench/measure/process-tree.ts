/** A process and its descendants, as the kernel tells it (proc(5)); empty answers for processes that are gone. */
import { readFileSync, readdirSync } from "node:fs";

export function treeOf(root: number): number[] {
  const tree = [root];
  for (let next = 0; next < tree.length; next++) tree.push(...childrenOf(tree[next]!));
  return tree;
}

export function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [];
  }
}

export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "latin1");
  } catch {
    return "";
  }
}

function childrenOf(pid: number): number[] {
  return threadsOf(pid).flatMap((tid) =>
    readProc(`${pid}/task/${tid}/children`).split(" ").filter(Boolean).map(Number),
  );
}
