/**
 * The signals that stop the gateway, and what they do until there is something to stop: end the process at once, with 0,
 * because nothing can be lost yet. Process 1 of a container needs this early: there the kernel drops a signal that has no
 * listener (pid_namespaces(7)), and whoever sent it waits until the grace period is over. What is left is the time that
 * Node takes to come to our first line, 25 ms in each of the two processes (launch.ts). Nothing in this process could
 * listen earlier; an init process in front (`docker run --init`) would.
 */
export const SIGNALS = ["SIGTERM", "SIGINT"] as const;

const stopAtOnce = (): void => process.exit(0);

export function stopAtOnceOnSignals(): void {
  for (const signal of SIGNALS) process.on(signal, stopAtOnce);
}

/** From now on somebody else listens, and has begun to. */
export function leaveSignals(): void {
  for (const signal of SIGNALS) process.off(signal, stopAtOnce);
}
