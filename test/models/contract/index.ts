import type { OpenDatabase } from "../servers.ts";
import { changes } from "./changes.ts";
import { connection } from "./connection.ts";
import { errors } from "./errors.ts";
import { fields } from "./fields.ts";
import { transactions } from "./transactions.ts";

/** What must hold on every database. */
export const SUITES: readonly ((open: OpenDatabase) => void)[] = [transactions, changes, errors, fields, connection];
