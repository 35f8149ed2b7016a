import type { Checker } from "../evidence.ts";

const MIB = 2 ** 20;
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} Mi`;

/** Promise P1: the process tree never uses more than the plan, and so is never killed for it. */
export const memoryInPlan: Checker = ({ memory: { peakBytes, plannedBytes }, kills }) => [
  ...(peakBytes > plannedBytes
    ? [`used ${mib(peakBytes)} of memory; the plan says ${mib(plannedBytes)}`]
    : []),
  ...(kills ? [`the kernel killed ${kills} processes in a container as large as the plan`] : []),
];
