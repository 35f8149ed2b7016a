// Who is asking. A peer is believed about the addresses before it only if the operator listed it; by default
// nobody is, and the address is that of the TCP connection.
import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Plain form of a peer address: an IPv4 address that arrived on a dual-stack socket is IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "unknown";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

export class TrustedProxies {
  readonly #nets = new BlockList();
  readonly #empty: boolean;

  /** Throws on anything that is not an address or a CIDR; the config checker asks first. */
  constructor(cidrs: readonly string[]) {
    this.#empty = cidrs.length === 0;
    for (const cidr of cidrs) {
      const [net, prefix] = ipaddr.parseCIDR(cidr.includes("/") ? cidr : singleAddress(cidr));
      this.#nets.addSubnet(net.toString(), prefix, net.kind());
    }
  }

  trusts(address: string): boolean {
    if (this.#empty) return false;
    const version = isIP(address);
    return version !== 0 && this.#nets.check(address, version === 4 ? "ipv4" : "ipv6");
  }

  /** The last address in the chain that no trusted proxy stands behind; `peer` itself must be trusted. */
  clientOf(peer: string, forwardedFor: string): string {
    let client = peer;
    const hops = forwardedFor.split(",");
    for (let i = hops.length - 1; i >= 0; i--) {
      const hop = addressOf((hops[i] ?? "").trim());
      if (hop === null) return client; // An unreadable hop: what stands before it cannot be vouched for.
      client = hop;
      if (!this.trusts(client)) return client;
    }
    return client;
  }
}

function singleAddress(address: string): string {
  return `${address}/${ipaddr.parse(address).kind() === "ipv4" ? 32 : 128}`;
}

// Some proxies write "1.2.3.4:5678" or "[2001:db8::1]:5678" although the header never had a grammar.
function addressOf(hop: string): string | null {
  const bare = hop.startsWith("[") ? hop.slice(1, hop.indexOf("]")) : hop;
  if (isIP(bare) !== 0) return plainAddress(bare);
  const withoutPort = bare.slice(0, bare.lastIndexOf(":"));
  return isIP(withoutPort) === 4 ? withoutPort : null;
}
