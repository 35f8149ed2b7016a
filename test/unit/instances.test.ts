// How many engine instances a thread keeps, and which of them go.
import { expect, test } from "vitest";
import { Instances } from "../../gateway/arena/instances.ts";

test("a thread keeps as many instances as it may, and makes one anew that has gone", () => {
  const made: number[] = [];
  const instances = new Instances<number>(3);
  const use = (slot: number) => instances.of(slot, () => made.push(slot));
  for (const slot of [1, 2, 3, 1, 2, 3]) use(slot);
  expect(made).toEqual([1, 2, 3]);
  use(4);
  for (const slot of [4, 3, 2]) use(slot);
  expect(made).toEqual([1, 2, 3, 4]);
  use(1);
  expect(made).toEqual([1, 2, 3, 4, 1]);
});

test("the one that was not used for longest goes, not the one that was made first", () => {
  const made: number[] = [];
  const instances = new Instances<number>(2);
  const use = (slot: number) => instances.of(slot, () => made.push(slot));
  for (const slot of [1, 2, 1, 3, 1]) use(slot);
  expect(made).toEqual([1, 2, 3]);
});
