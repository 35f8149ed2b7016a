/**
 * Date's setters (ECMA-262, section 21.4.4.20 and following): with a NaN among its arguments a setter makes the date
 * invalid. The engine answers NaN and leaves the date as it was; packages that parse dates rely on it (date-fns took
 * "soon" for 1970). Its answer is right, so the date follows it.
 */
const dates = Date.prototype as unknown as Record<string, (this: Date, ...values: number[]) => number>;
const { apply } = Reflect;
const setTime = dates["setTime"]!;
const INVALID = [NaN];

for (const name of Object.getOwnPropertyNames(dates)) {
  if (!name.startsWith("set") || name === "setTime") continue;
  const original = dates[name]!;
  const repaired = {
    [name](this: Date, ...values: number[]): number {
      const ms = apply(original, this, values);
      if (ms !== ms) apply(setTime, this, INVALID);
      return ms;
    },
  }[name]!;
  Object.defineProperty(repaired, "length", { value: original.length });
  Object.defineProperty(dates, name, { value: repaired });
}
