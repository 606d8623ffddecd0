import { isIP, isIPv4 } from "node:net";

/** What stands for an address that is none; all such callers share one count. */
const UNKNOWN = "unknown";

/**
 * The part of a browser's address that its owner cannot change at will, in one spelling: an IPv4 address as a whole, of
 * an IPv6 address the first half, which is what one customer gets. IPv4 written as IPv6 counts as IPv4.
 *
 * Give it `request.ip`, never a header: who may speak for somebody else is decided there.
 *
 * @example
 * clientAddress("::ffff:192.0.2.7"); // "192.0.2.7"
 * clientAddress("2001:DB8:1:2:aaaa::1"); // "2001:db8:1:2::/64"
 */
export function clientAddress(ip: unknown): string {
  if (typeof ip !== "string" || ip.length > 100) return UNKNOWN;
  const address = ip.trim().split("%", 1)[0] as string;
  if (isIPv4(address)) return address;
  if (isIP(address) !== 6) return UNKNOWN;
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** The eight numbers of an IPv6 address that is known to be one. */
function groupsOf(address: string): number[] {
  const [head = [], tail] = address.split("::").map(numbersOf);
  if (!tail) return head;
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function numbersOf(part: string): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
