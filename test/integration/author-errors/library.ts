// A second file of the same handler.
export type Prices = readonly number[];

export function totalOf(prices: Prices): number {
  return prices.reduce((sum, price) => sum + price, 0); // here: totalOf
}
