import type { OpenDatabase } from "../../support/database-servers.ts";
import { alike } from "./alike.ts";
import { branches } from "./branches.ts";
import { changes } from "./changes.ts";
import { conditions } from "./conditions.ts";
import { connection } from "./connection.ts";
import { errors } from "./errors.ts";
import { failures } from "./failures.ts";
import { fields } from "./fields.ts";
import { injection } from "./injection.ts";
import { manyToMany } from "./many-to-many.ts";
import { numericEnums } from "./numeric-enums.ts";
import { plainForms } from "./plain-forms.ts";
import { querySet } from "./query-set.ts";
import { related } from "./related.ts";
import { rows } from "./rows.ts";
import { silentNetwork } from "./silent-network.ts";
import { transactionLimits } from "./transaction-limits.ts";
import { transactions } from "./transactions.ts";
import { wholeWrites } from "./whole-writes.ts";
import { writes } from "./writes.ts";

/** What must hold on every database. */
export const SUITES: readonly ((open: OpenDatabase) => void)[] = [
  transactions,
  branches,
  transactionLimits,
  silentNetwork,
  changes,
  errors,
  failures,
  fields,
  plainForms,
  numericEnums,
  connection,
  querySet,
  conditions,
  rows,
  writes,
  wholeWrites,
  related,
  injection,
  manyToMany,
  alike,
];
