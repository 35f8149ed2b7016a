// The listener's certificate, loaded from files and loaded again when they change. Kubernetes mounts a secret as a
// directory whose `..data` link is swapped, so the directory is watched and not the files. A pair that does not
// load (half written, key and certificate that do not match) is reported and the old one stays in use.
import { createHash } from "node:crypto";
import { readFileSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";
import { createSecureContext, type SecureContextOptions, type Server } from "node:tls";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface CertificateEvents {
  onReload(fingerprint: string): void;
  onFault(error: Error): void;
}

// Watching misses changes on some mounts; looking again is cheap.
const POLL_MS = 60_000;
// A swap touches several names; the first event comes before the last change.
const SETTLE_MS = 100;

export class Certificate {
  readonly #files: CertificateFiles;
  readonly #events: CertificateEvents;
  readonly #watchers: FSWatcher[] = [];
  #pair: SecureContextOptions;
  #fingerprint: string;
  #server: Server | null = null;
  #timer: NodeJS.Timeout | null = null;
  #poll: NodeJS.Timeout | null = null;

  /** Throws if the files cannot be read or do not belong together. */
  constructor(files: CertificateFiles, events: CertificateEvents) {
    this.#files = files;
    this.#events = events;
    this.#pair = load(files);
    this.#fingerprint = fingerprintOf(this.#pair);
  }

  tlsOptions(): SecureContextOptions & { ALPNProtocols: string[] } {
    // TLS 1.2 is the floor that RFC 9325 section 3.1.1 leaves.
    return { ...this.#pair, minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] };
  }

  /** Starts watching; changed files reach new connections of this server. */
  attach(server: Server): void {
    this.#server = server;
    const directories = new Set([dirname(this.#files.certFile), dirname(this.#files.keyFile)]);
    for (const directory of directories) {
      const watcher = watch(directory, { persistent: false }, () => this.#soon());
      watcher.on("error", (error) => this.#events.onFault(error));
      this.#watchers.push(watcher);
    }
    this.#poll = setInterval(() => this.reload(), POLL_MS).unref();
    server.once("close", () => this.stop());
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#poll !== null) clearInterval(this.#poll);
  }

  /** Loads the files again now, if they changed. */
  reload(): void {
    try {
      const pair = load(this.#files);
      const fingerprint = fingerprintOf(pair);
      if (fingerprint === this.#fingerprint) return;
      this.#server?.setSecureContext({ ...pair, minVersion: "TLSv1.2" });
      this.#pair = pair;
      this.#fingerprint = fingerprint;
      this.#events.onReload(fingerprint);
    } catch (error) {
      this.#events.onFault(error as Error);
    }
  }

  #soon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.reload(), SETTLE_MS).unref();
  }
}

function load(files: CertificateFiles): SecureContextOptions {
  const pair = { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
  createSecureContext(pair); // throws when the two do not match
  return pair;
}

function fingerprintOf(pair: SecureContextOptions): string {
  const hash = createHash("sha256");
  hash.update(pair.cert as Buffer).update(pair.key as Buffer);
  return hash.digest("hex").slice(0, 16);
}
