// Certificates for tests, made by openssl: each signs itself.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface KeyPair {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Names as Kubernetes gives them in a secret: tls.crt and tls.key. */
export function makePair(directory: string, name: string): KeyPair {
  mkdirSync(directory, { recursive: true });
  const pair = { certFile: join(directory, "tls.crt"), keyFile: join(directory, "tls.key") };
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair.keyFile];
  execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, "-out", pair.certFile, ...subject], {
    stdio: "ignore",
  });
  return pair;
}
