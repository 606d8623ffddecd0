import type { Address } from "../../support/crud-world.ts";
import { access } from "./access.ts";
import { consistency } from "./consistency.ts";
import { disclosure } from "./disclosure.ts";
import { generated } from "./generated.ts";
import { hostile } from "./hostile.ts";
import { lists } from "./lists.ts";
import { saving } from "./saving.ts";
import { twoUsers } from "./two-users.ts";

/** What data states do on every database. */
export const SUITES: readonly ((address: Address) => void)[] = [
  generated,
  lists,
  saving,
  access,
  twoUsers,
  hostile,
  disclosure,
  consistency,
];
