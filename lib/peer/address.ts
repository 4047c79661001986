// IP addresses as text, so that two that mean the same are the same.
import { isIPv4, isIPv6 } from "node:net";

/** IPv4 as it is, also where it came in on an IPv6 socket; IPv6 in the short form of RFC 5952; other text unchanged. */
export function plainAddress(address: string): string {
  const mapped = address.replace(/^::ffff:/i, "");
  if (isIPv4(mapped)) return mapped;
  // A link-local address with its zone (fe80::1%eth0) is no host of a URL.
  if (!isIPv6(address) || address.includes("%")) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
