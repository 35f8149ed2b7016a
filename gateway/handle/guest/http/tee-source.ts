/**
 * Two readers of one source, for clone(). What one branch has read and the other has not is kept in the arena;
 * the arena's size is the bound. The source is cancelled when both branches are.
 */
import { type ChunkSink, type ChunkSource, concatenate } from "./chunk-source.ts";

interface Branch {
  queue: Uint8Array[];
  sink: ChunkSink | undefined;
  cancelled: boolean;
}

export function teeSource(source: ChunkSource): [ChunkSource, ChunkSource] {
  const branches: [Branch, Branch] = [newBranch(), newBranch()];
  let settle: ((sink: ChunkSink) => void) | undefined;
  let pulling = false;

  const finish = (how: (sink: ChunkSink) => void) => {
    settle = how;
    for (const branch of branches) give(branch, how);
  };
  const sink: ChunkSink = {
    chunk(bytes) {
      pulling = false;
      const [left, right] = branches;
      if (!left.cancelled) left.queue.push(bytes);
      // A copy of its own, because whoever reads a chunk may change it.
      if (!right.cancelled) right.queue.push(left.cancelled ? bytes : bytes.slice());
      for (const branch of branches)
        if (branch.queue.length > 0) give(branch, (to) => to.chunk(takeAll(branch)));
    },
    end: () => finish((waiting) => waiting.end()),
    fail: (reason) => finish((waiting) => waiting.fail(reason)),
  };
  const branchSource = (branch: Branch): ChunkSource => ({
    pull(waiting) {
      if (branch.queue.length > 0) return waiting.chunk(takeAll(branch));
      if (settle) return settle(waiting);
      branch.sink = waiting;
      if (pulling) return;
      pulling = true;
      source.pull(sink);
    },
    cancel(reason) {
      branch.cancelled = true;
      branch.queue.length = 0;
      if (branches[0].cancelled && branches[1].cancelled && !settle) source.cancel(reason);
    },
  });
  return [branchSource(branches[0]), branchSource(branches[1])];
}

function newBranch(): Branch {
  return { queue: [], sink: undefined, cancelled: false };
}

/** As one chunk: a reader that pulls from within chunk() would otherwise recurse once per queued chunk. */
function takeAll(branch: Branch): Uint8Array {
  const chunks = branch.queue.splice(0);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return chunks.length === 1 ? chunks[0]! : concatenate(chunks, length);
}

function give(branch: Branch, how: (sink: ChunkSink) => void): void {
  const { sink } = branch;
  if (!sink) return;
  branch.sink = undefined;
  how(sink);
}
