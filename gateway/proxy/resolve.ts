// Turns a target's name into addresses, again and again: the pods behind a headless Kubernetes service come and
// go, and a name that is looked up once sends requests to where they used to be.
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { TARGETS_PER_UPSTREAM } from "../limits.ts";

export type Lookup = (name: string) => Promise<readonly string[]>;

export async function systemLookup(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, order: "verbatim" });
  return found.map((entry) => entry.address);
}

/** Addresses of a name, sorted so that an unchanged answer looks unchanged; an address is its own answer. */
export async function addressesOf(name: string, ask: Lookup): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  const unique = [...new Set(await ask(name))];
  return unique.sort().slice(0, TARGETS_PER_UPSTREAM);
}
