/** A request as it goes on the wire. */

export interface RequestSpec {
  port: number;
  method: string;
  path: string;
  body: string | null;
}

export function requestBytes({ port, method, path, body }: RequestSpec): Buffer {
  const head = [`${method} ${path} HTTP/1.1`, `host: 127.0.0.1:${port}`];
  if (body !== null) head.push(`content-length: ${Buffer.byteLength(body)}`);
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body ?? ""}`);
}
