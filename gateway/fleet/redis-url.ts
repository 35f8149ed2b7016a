/**
 * Where Redis is, from the one URL of the configuration (config/kinds-network.ts says which forms there are):
 *
 *   redis://user:password@host:6379/0            one server; rediss:// with TLS
 *   redis+sentinel://:password@a:26379,b/main/0  ask the Sentinels for the master called "main"
 *   redis+cluster://a:6379,b:6379                any nodes of a cluster
 */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export interface RedisPlace {
  readonly kind: "server" | "sentinel" | "cluster";
  readonly nodes: readonly HostAndPort[];
  /** For Sentinel: the name of the master. */
  readonly master: string;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
  /** For people: without the credentials. */
  readonly shown: string;
}

const SERVER_PORT = 6379;
const SENTINEL_PORT = 26379;
const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)((?:\/.*)?)$/;

export function redisPlace(url: string): RedisPlace {
  const [, scheme, variant, userinfo = "", hosts = "", path = ""] = FORM.exec(url) ?? [];
  if (scheme === undefined) throw new TypeError("not a Redis URL");
  const kind = (variant ?? "server") as RedisPlace["kind"];
  const [first = "", second = ""] = path.slice(1).split("/");
  const [username = "", password = ""] = splitOnce(userinfo, ":").map(decodeURIComponent);
  return {
    kind,
    nodes: hosts
      .split(",")
      .map((host) => hostAndPort(host, kind === "sentinel" ? SENTINEL_PORT : SERVER_PORT)),
    master: kind === "sentinel" ? decodeURIComponent(first) || DEFAULT_MASTER : "",
    db: Number((kind === "sentinel" ? second : first) || 0),
    username: username || undefined,
    password: password || undefined,
    tls: scheme === "rediss",
    shown: `${scheme}${variant ? `+${variant}` : ""}://${hosts}${path}`,
  };
}

/** The name in Redis' own example configuration, and so in most installations. */
const DEFAULT_MASTER = "mymaster";

function hostAndPort(text: string, defaultPort: number): HostAndPort {
  const { hostname, port } = new URL(`redis://${text}`);
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? defaultPort : Number(port) };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
