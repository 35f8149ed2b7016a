/** What was frozen and had no prototype (types.ts: Named) comes out of a structured clone without the one and with the other. */
export function plain<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(plain)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, plain(inner as unknown)] as const);
  const bare = Object.create(null) as Record<string, unknown>;
  for (const [key, inner] of entries) bare[key] = inner;
  return Object.freeze(bare) as T;
}
