import type { Checker } from "../evidence.ts";

/** Promise P2: whatever others do, an innocent gets exactly its answer. */
export const innocentsUnharmed: Checker = ({ innocents }) =>
  innocents.flatMap(({ name, errors, stormyMs }) => [
    ...errors.map((error) => `innocent ${name} was answered wrongly: ${error}`),
    ...(stormyMs.length === 0 ? [`innocent ${name} was not answered at all`] : []),
  ]);
