import { expect, test } from "vitest";
import { clientAddress } from "./client-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  [" 192.0.2.7 ", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["::ffff:0:1", "0.0.0.1"],
])("THR-4: %s is the IPv4 address %s", (ip, expected) => {
  expect(clientAddress(ip)).toBe(expected);
});

test.each([
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["2001:db8::1:0:0:1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4::/64"],
  ["::fffe:1.2.3.4", "0:0:0:0::/64"],
])("THR-4: %s counts as the network %s", (ip, expected) => {
  expect(clientAddress(ip)).toBe(expected);
});

test.each([
  undefined,
  null,
  5,
  ["192.0.2.7"],
  "",
  "localhost",
  "192.0.2.7, 10.0.0.1",
  "192.0.2.7:80",
  "[::1]",
  "256.1.1.1",
  "010.0.0.1",
  "1:2:3",
  "::1::",
  "%",
  "x".repeat(100_000),
])("THR-4, SEC-18: %s is no address", (ip) => {
  expect(clientAddress(ip)).toBe("unknown");
});
