import { defineErrors } from "../errors.ts";
import type { Word } from "../i18n/keyed-text.ts";

/** Codes of models and the database. */
export const modelErrors = defineErrors({
  MODEL_NAME_INVALID: {
    message: (name: string) =>
      `A model is called "${name}". Expected a name such as "Note": letters and digits, the first a capital.`,
  },
  MODEL_NAME_TOO_LONG: {
    message: (what: string, part: string, name: string, most: number) =>
      `${what} is too long for a database: ${part} would be called "${name}". Expected at most ${most} bytes. Give it a shorter name${part === "its table" ? ', or add: { tableName: "…" }' : part === "its column" ? ', or add: .fieldName("…")' : ""}.`,
  },
  MODEL_COLUMN_TWICE: {
    message: ([first, second]: readonly [string, string], [one, other]: readonly [string, string]) =>
      `${first === second ? `${first} has` : `${first} and ${second} have`} columns called "${one}" and "${other}". Expected names that differ in more than the case of their letters, because databases take these for the same. Give one of them another name${first === second ? "" : ', or add: .fieldName("…")'}.`,
  },
  MODEL_TABLE_TWICE: {
    message: ([first, second]: readonly [string, string], [one, other]: readonly [string, string]) =>
      `${first} and ${second} have tables called "${one}" and "${other}". Expected names that differ in more than the case of their letters, because databases take these for the same. Give one of them another name by { tableName: "…" }, or .pivotTable("…") for a many-to-many field.`,
  },
  MODEL_DEFAULT_INVALID: {
    message: (model: string, field: string, got: string) =>
      `${model}.${field} can't have the default ${got}. Expected a value of its kind: ISO text with its zone for a datetime, JSON for p.json() (not null, unless the field is nullable), an item for p.enum(). SQL is written as .defaultRaw("…").`,
  },
  MODEL_UNKNOWN: {
    message: (name: string) =>
      `${name} is no model. Expected a class made by model(). Write: class Note extends model("Note", { … }) {}`,
  },
  DATABASE_URL_INVALID: {
    message: (got: string) =>
      `database.url can't be read. Expected sqlite:./db.sqlite3, sqlite::memory:, postgres://user@host/name or mysql://user@host/name. Got ${got}.`,
  },
  DATABASE_OPEN_FAILED: {
    message: (where: string, reason: string) => `The database ${where} can't be opened: ${reason}.`,
  },
  DATABASE_NOT_OPEN: {
    message: () =>
      "No database is open here. Expected to run in a request, an event, or a command with  needs: 'database'. Elsewhere write: withDatabase(database, () => …), with const database = await Database.open({ url, models })",
  },
  DATABASE_NO_UNIT_OF_WORK: {
    message: () =>
      "The call that this code belongs to has ended, and its unit of work with it. Expected each run of a job to have one of its own. Write: withDatabase(currentDatabase(), async () => { … })",
  },
  DATABASE_CLOSED: { status: 503, message: () => "The database was closed while this still waited for it." },
  DATABASE_MODEL_MISSING: {
    message: (name: string) => `The database was opened without the model ${name}. Export it from src/models.ts.`,
  },
  DATABASE_MODEL_TWICE: {
    message: (name: string) =>
      `Two models are called ${name}. Expected one class for each name; give one another name. The framework's own are User, Group, Permission, SessionRecord and ThrottleRecord; an app's own user model extends userModel().`,
  },
  DATABASE_BUSY: {
    status: 503,
    expose: true,
    message: (milliseconds: number) => `The database was busy for ${milliseconds} ms. Try again.`,
  },
  DATABASE_CONNECTION_LOST: {
    status: 503,
    expose: true,
    message: () => "The connection to the database was lost, and nothing was stored. Try again.",
  },
  DATABASE_OUTCOME_UNKNOWN: {
    status: 503,
    expose: true,
    message: () =>
      "The connection to the database was lost while a change was being stored. It may be stored or not. Load the data again before you repeat it.",
  },
  DATABASE_FULL: {
    status: 507,
    expose: true,
    message: () => "The database has no space left, so nothing was stored.",
  },
  DATABASE_READ_ONLY: {
    status: 503,
    expose: true,
    message: () => "The database can only be read at the moment, so nothing was stored.",
  },
  DATABASE_STORAGE_FAILED: {
    status: 503,
    message: (reason: string) => `The database can't read or write its files: ${reason}.`,
  },
  DATABASE_TABLE_MISSING: {
    message: (reason: string) =>
      `A table or column does not exist in the database: ${reason}. Expected those of the models. Run: antiphon migrate`,
  },
  DATABASE_COLUMN_UNKNOWN: {
    message: (column: string, reason: string) =>
      `The statement names the column "${column}", which no model has: ${reason}. Correct the name in the statement, or add the field to a model, then run  antiphon makemigrations  and  antiphon migrate.`,
  },
  DATABASE_PLACEHOLDERS_INVALID: {
    message: (reason: string) =>
      `The placeholders of the statement do not fit its values: ${reason}. Expected one placeholder for each value: ? on SQLite and MySQL, $1, $2 … on PostgreSQL. Write database.placeholder(0), placeholder(1) …, which is right on each of them.`,
  },
  DATABASE_KEYS_EXHAUSTED: {
    message: (reason: string) => `The database has no further keys for new rows: ${reason}. Give the key a wider type.`,
  },
  DATABASE_STATEMENT_FAILED: {
    message: (code: string, reason: string) => `The database refused a statement (${code}): ${reason}`,
  },
  DATABASE_TIMEOUT: {
    status: 503,
    expose: true,
    message: () => "The database took too long to answer. The statement was ended and has changed nothing.",
  },
  DATABASE_DEADLOCK: {
    status: 503,
    expose: true,
    message: () => "Two changes waited for each other, and this one was undone. Try again.",
  },
  DATABASE_TRANSACTION_ABORTED: {
    message: () =>
      "An earlier statement of this transaction failed, so nothing of it was kept. To go on after a failed statement, run it in an atomic() of its own.",
  },
  DATABASE_TRANSACTION_ENDED: {
    message: () =>
      "A query came after its atomic() had ended, so it was not run. Write: await before every call inside atomic(). A parallel branch gets this error when another one has failed.",
  },
  DATABASE_TRANSACTION_TIMEOUT: {
    status: 503,
    expose: true,
    message: (what: string) => `The transaction ${what}, so it was rolled back. Nothing of it was stored. Try again.`,
  },
  DATABASE_CONFLICT: {
    status: 409,
    expose: true,
    message: (label: Word) => `${label.word} was changed by someone else meanwhile. Load it again.`,
  },
  DATABASE_STREAMING: {
    message: () => "Rows can't be streamed. Read them in parts: objects(Model).limit(…).after(cursor)",
  },
  DATABASE_PARAMETER_INVALID: {
    status: 400,
    message: (index: number, got: string) =>
      `Value ${index + 1} of a query is ${got}. Expected text, a number, a boolean, a Date, bytes or null.`,
  },
  // A ConstraintError has a sentence of its own, which names model and fields, and no parameters.
  DATABASE_UNIQUE: { status: 409, expose: true, message: () => "This exists already." },
  DATABASE_FOREIGN_KEY: { status: 409, expose: true, message: () => "Something that was chosen does not exist." },
  DATABASE_NOT_NULL: { status: 400, expose: true, message: () => "A required value is missing." },
  DATABASE_CHECK: { status: 400, expose: true, message: () => "A value is not allowed." },
  DATABASE_VALUE: { status: 400, expose: true, message: () => "A value is too long or too large." },
  MODEL_FIELD_UNSUPPORTED: {
    message: (model: string, field: string) =>
      `${model}.${field} is of a type that no two databases store alike. Expected one of p.string, text, integer, smallint, tinyint, mediumint, bigint, double, decimal, boolean, date, datetime, time, uuid, json, enum, blob, or a relation. For a list write: ${field}: p.json<string[]>()`,
  },
  MODEL_DATETIME_TOO_FINE: {
    message: (model: string, field: string, digits: number) =>
      `${model}.${field} keeps ${digits} digits of a second. Expected at most 3: rows hold milliseconds, and two rows of the same millisecond would have no order. Write: ${field}: p.datetime(3)`,
  },
  MODEL_ENUM_FRACTION: {
    message: (model: string, field: string, item: string | number) =>
      `${model}.${field} lists ${item}, which PostgreSQL and MySQL would round. Expected texts or whole numbers. Write: ${field}: p.enum(["${item}"]), or p.double() with validators: [oneOf([${item}])]`,
  },
  MODEL_RELATION_TARGET: {
    message: (model: string, field: string) =>
      `${model}.${field} points at no model. Expected a class made by model(), within a function. Write: ${field}: () => p.manyToOne(Other)`,
  },
  MODEL_PRIMARY_KEY: {
    message: (model: string, count: number) =>
      `${model} has ${count === 0 ? "no primary key" : `${count} primary keys`}. Expected exactly one. Write: id: p.integer().primary()`,
  },
  MODEL_DECIMAL_LOSES_DIGITS: {
    status: 400,
    expose: true,
    message: (model: string, field: string, value: string) =>
      `${model}.${field} can't keep ${value} on SQLite, whose numbers have 15 digits. Expected a shorter number, or PostgreSQL or MySQL.`,
  },
  MODEL_JSON_BROKEN: {
    message: (model: string, field: string) =>
      `${model}.${field} of a stored row is no JSON. Expected what JSON.stringify() writes; something else wrote to the column.`,
  },
  QUERY_PK_INVALID: {
    status: 400,
    expose: true,
    message: (model: string) => `This is no key of ${model}. Expected one text or number.`,
  },
  QUERY_FIELD_UNKNOWN: {
    status: 400,
    expose: true,
    message: (model: string, name: string, use: string) => `${model} has no field ${name} to ${use}.`,
  },
  QUERY_OPERATOR_UNKNOWN: {
    status: 400,
    expose: true,
    message: (path: string, operator: string, expected: string) =>
      `${path} can't be compared with ${operator}. Expected one of: ${expected}.`,
  },
  QUERY_VALUE_INVALID: {
    status: 400,
    expose: true,
    message: (path: string, expected: string, got: string) =>
      `${path} has a wrong value. Expected ${expected}. Got ${got}.`,
  },
  QUERY_CONDITION_INVALID: {
    status: 400,
    expose: true,
    message: (model: string, what: string) => `A condition on ${model} can't be read: ${what}.`,
  },
  QUERY_UNTRUSTED: {
    status: 400,
    expose: true,
    message: (path: string) =>
      `${path} was given an object that came from outside. Expected a single value; conditions are written by the app alone: let the browser name one, and look it up in the handler.`,
  },
  QUERY_NOT_FOUND: {
    status: 404,
    expose: true,
    message: (model: Word) => `No ${model.word} was found.`,
  },
  QUERY_SEARCH_TOO_LONG: {
    status: 400,
    expose: true,
    message: (got: string) => `The search text is too long. Expected at most 200 characters and 10 words. Got ${got}.`,
  },
  QUERY_CURSOR_INVALID: {
    status: 400,
    expose: true,
    message: (model: string) =>
      `The place in the list of ${model} can't be read, or belongs to another order. Start again without it.`,
  },
  QUERY_LIMIT_INVALID: {
    status: 400,
    expose: true,
    message: (name: string, got: string) => `${name} must be a whole number, 0 or more. Got ${got}.`,
  },
  MODEL_FIELD_CLOSED: {
    message: (model: string, name: string) =>
      `${model}.${name} is hidden or not editable: a form does not take it, though \`fields\` names it. Leave it out, and set it by code.`,
  },
  QUERY_FIELD_READ_ONLY: {
    status: 400,
    expose: true,
    message: (model: string, name: string) => `${name} of ${model} can't be written by update().`,
  },
  QUERY_VERSION_MISSING: {
    message: (model: string) =>
      `update() of ${model} was given a version, but ${model} declares none. Add: version: p.integer().version()`,
  },
  QUERY_MODEL_UNSUPPORTED: {
    message: (model: string, what: string) => `${model} can't be queried through objects(): ${what}.`,
  },
  MIGRATION_ANSWERS_MISSING: {
    message: (missing: readonly string[]) =>
      `The models alone don't tell what is meant. Run it in a terminal to be asked, or add:\n${missing.map((line) => `  ${line}`).join("\n")}`,
  },
  MIGRATION_ANSWER_INVALID: {
    message: (option: string, got: string) =>
      `--${option} can't be read. Expected ${{ rename: '"Note.old:new" or "Old:New"', drop: '"Note.old" or "Old"', default: '"Note.field=value"' }[option]}. Got "${got}".`,
  },
  MIGRATION_ANSWER_UNUSED: {
    message: (option: string, text: string) =>
      `--${option} ${text} answers no question. Expected the names of a change that is to be made.`,
  },
  MIGRATION_DEFAULT_INVALID: {
    message: (field: string, got: string, reason: string) => `"${got}" is no value for ${field}: ${reason}`,
  },
  MIGRATION_NAME_INVALID: {
    message: (got: string) => `A migration can't be called "${got}". Expected letters, digits and underscores.`,
  },
  MIGRATION_SNAPSHOT_INVALID: {
    message: (path: string) =>
      `${path} can't be read. Expected what makemigrations wrote: take it back from version control, with its markers of a merge resolved.`,
  },
  MIGRATION_NUMBER_TWICE: {
    message: (one: string, other: string, folder: string) =>
      `Two migrations have the same number: ${one} and ${other} in ${folder}. Give the one that is not applied anywhere the next number, and run makemigrations.`,
  },
  MIGRATION_FILE_INVALID: {
    message: (name: string, problem: string) =>
      `The migration ${name} can't be used: ${problem}. Expected: export const up = ["…"]; export const down = ["…"];`,
  },
  MIGRATION_TARGET_UNKNOWN: {
    message: (got: string, known: readonly string[]) =>
      `There is no migration "${got}". Expected one of: zero, ${known.join(", ") || "(there are none)"}.`,
  },
  MIGRATION_MISSING_ON_DISK: {
    message: (names: readonly string[], folder: string) =>
      `The database has migrations that ${folder} lacks: ${names.join(", ")}. Get the missing files, or an older copy of the database.`,
  },
  MIGRATION_EDITED: {
    message: (names: readonly string[]) =>
      `Migrations were changed after they were applied: ${names.join(", ")}. Take the files back and write a new migration for the change; to accept the files as they are, run  antiphon migrate <name> --fake  for each.`,
  },
  MIGRATION_OUT_OF_ORDER: {
    message: (names: readonly string[], last: string) =>
      `Migrations come before ${last}, which is applied already: ${names.join(", ")}. Give them numbers after it.`,
  },
  MIGRATION_NO_WAY_BACK: {
    message: (name: string) =>
      `The migration ${name} can't be undone: it has no "down". Add: export const down = ["…"];`,
  },
  MIGRATION_FAILED: {
    message: (name: string, statement: number, of: number, reason: string) =>
      `The migration ${name} failed at ${statement === 0 ? "its run()" : `statement ${statement} of ${of}`}: ${reason}. Data and tables are as they were before it.`,
  },
  MIGRATION_STOPPED: {
    message: (name: string, statement: number, of: number, reason: string) =>
      `The migration ${name} failed at ${statement === 0 ? "its run()" : `statement ${statement} of ${of}`}: ${reason}. What came before it stays, since this database can't take it back. Put the cause right and run migrate again: it goes on from there.`,
  },
  MIGRATION_HALF_DONE: {
    message: (name: string, direction: string) =>
      `The migration ${name} stopped half-way when it was ${direction}. Finish that first: ${direction === "undone" ? "migrate to the migration before it" : "run migrate"}, or bring the tables into order by hand and record it with --fake.`,
  },
  MIGRATION_VALUE_REFUSED: {
    message: (found: string, kind: string, reason: string) =>
      `${found}, which can't become ${kind}: ${reason} Change such rows first: write an update at the beginning of "up" in the migration, for example one that rounds or shortens them.`,
  },
  MIGRATION_REFUSED: {
    message: (name: string, sentence: string, found: readonly string[]) =>
      `The migration ${name} was refused: ${sentence}. Found: ${found.join(", ")}.`,
  },
  MIGRATION_FOREIGN_KEYS: {
    message: (name: string, broken: readonly string[]) =>
      `After the migration ${name}, rows would refer to rows that are not there: ${broken.join(", ")}. Data and tables are as they were before it.`,
  },
  MIGRATION_LOCKED: {
    message: (seconds: number) =>
      `Another process has been migrating this database for ${seconds} s. Wait until it has ended and run it again.`,
  },
  FIXTURE_INVALID: {
    message: (file: string, problem: string) => `${file} can't be loaded: ${problem}. Nothing was changed.`,
  },
});
