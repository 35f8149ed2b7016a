// Names the header fields that the gateway itself acts on. Raw headers are walked once per message in each
// direction; this turns a name in any case into a small number without lower-casing the names that are
// nobody's business (most of them have another length than any name listed here).

export const Field = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  keepAlive: 5,
  upgrade: 6,
  te: 7,
  trailer: 8,
  expect: 9,
  proxy: 10, // Proxy-Authorization, Proxy-Authenticate, Proxy-Connection, Proxy-Authentication-Info
  via: 11,
  forwarded: 12,
  forwardedFor: 13,
  forwardedHost: 14,
  forwardedProto: 15,
  requestId: 16,
  traceparent: 17,
  tracestate: 18,
  date: 19,
} as const;
export type Field = (typeof Field)[keyof typeof Field];

const named: readonly (readonly [string, Field])[] = [
  ["host", Field.host],
  ["content-length", Field.contentLength],
  ["transfer-encoding", Field.transferEncoding],
  ["connection", Field.connection],
  ["keep-alive", Field.keepAlive],
  ["upgrade", Field.upgrade],
  ["te", Field.te],
  ["trailer", Field.trailer],
  ["expect", Field.expect],
  ["proxy-authorization", Field.proxy],
  ["proxy-authenticate", Field.proxy],
  ["proxy-authentication-info", Field.proxy],
  ["proxy-connection", Field.proxy],
  ["via", Field.via],
  ["forwarded", Field.forwarded],
  ["x-forwarded-for", Field.forwardedFor],
  ["x-forwarded-host", Field.forwardedHost],
  ["x-forwarded-proto", Field.forwardedProto],
  ["x-request-id", Field.requestId],
  ["traceparent", Field.traceparent],
  ["tracestate", Field.tracestate],
  ["date", Field.date],
];

// By length of the name: the names, and a bit for each first letter among them, so that nearly every other name is
// told apart by two array reads and without being hashed.
const byLength: (Map<string, Field> | undefined)[] = [];
const firstLetters: number[] = [];
for (const [name, field] of named) {
  const sameLength = (byLength[name.length] ??= new Map<string, Field>());
  sameLength.set(name, field);
  firstLetters[name.length] = (firstLetters[name.length] ?? 0) | letterBit(name);
}

// The low five bits of a letter are the same in both cases.
function letterBit(name: string): number {
  return 1 << (name.charCodeAt(0) & 31);
}

export function fieldOf(name: string): Field {
  const letters = firstLetters[name.length];
  if (letters === undefined || (letters & letterBit(name)) === 0) return Field.other;
  const sameLength = byLength[name.length] as Map<string, Field>;
  return sameLength.get(name) ?? sameLength.get(name.toLowerCase()) ?? Field.other;
}
