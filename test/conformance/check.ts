// A check: a function that runs twice, in Node.js and in an arena, and must answer the same in both, namely what is
// written here. Its source text becomes part of a handler, so it can use nothing but its argument and globals.
import type { Tools } from "./tools.ts";

export interface Check {
  readonly title: string;
  readonly run: (t: Tools) => unknown;
  /** Compared as JSON. */
  readonly expected: unknown;
  /** Why Node.js answers something else, where it does; or why it is not asked. */
  readonly nodeDiffers?: string;
  readonly notInNode?: boolean;
}

/** Checks of one area, in order; each becomes a test whose title is the check's. */
export class Checks {
  readonly list: Check[] = [];

  add(title: string, run: Check["run"], expected: unknown): void {
    this.list.push({ title, run, expected });
  }

  /** One in which Node.js is not an example: because the standard leaves it open, or because Node.js is wrong. */
  addUnlikeNode(title: string, nodeDiffers: string, run: Check["run"], expected: unknown): void {
    this.list.push({ title, run, expected, nodeDiffers });
  }

  /** One about our own bounds. */
  addOnlyHere(title: string, run: Check["run"], expected: unknown): void {
    this.list.push({ title, run, expected, notInNode: true });
  }
}
