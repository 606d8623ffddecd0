import type { RequestUser } from "../../bridge/request-types.ts";
import type { GuardRule } from "../../protocol/page.ts";
import { guardErrors } from "../guard-errors.ts";

/** What a rule says of a user: `anonymous` may become `allowed` by signing in, `forbidden` may not. */
export type Verdict = "allowed" | "anonymous" | "forbidden";

/** Asks a rule about a user. Everything is looked up now, nothing is taken from what a page was told earlier. */
export async function judge(rule: GuardRule, user: RequestUser): Promise<Verdict> {
  if (await fulfils(rule, user)) return "allowed";
  return user.isAuthenticated ? "forbidden" : "anonymous";
}

async function fulfils({ needs, names }: GuardRule, user: RequestUser): Promise<boolean> {
  switch (needs) {
    case "anonymous":
      return !user.isAuthenticated;
    case "login":
      return user.isAuthenticated;
    case "permission":
      return await user.hasPerms(names);
    case "group":
      return user.isActive && (await anyOf(names, (name) => user.hasGroup(name)));
    case "staff":
      return user.isAuthenticated && user.isActive && user.isStaff;
    case "superuser":
      return user.isAuthenticated && user.isActive && user.isSuperuser;
    default:
      return needs satisfies never;
  }
}

async function anyOf(names: readonly string[], holds: (name: string) => Promise<boolean>): Promise<boolean> {
  for (const name of names) if (await holds(name)) return true;
  return false;
}

/** How a rule is written, by what it needs. */
const CALLS = {
  login: { name: "loginRequired", example: 'loginRequired({ loginUrl: "/login" })' },
  permission: { name: "permissionRequired", example: 'permissionRequired("notes.change_note")' },
  group: { name: "groupRequired", example: 'groupRequired("Editors")' },
  staff: { name: "staffRequired", example: 'staffRequired({ loginUrl: "/login" })' },
  superuser: { name: "superuserRequired", example: 'superuserRequired({ loginUrl: "/login" })' },
  anonymous: { name: "anonymousRequired", example: 'anonymousRequired({ redirectUrl: "/" })' },
} as const satisfies { readonly [N in GuardRule["needs"]]: { readonly name: string; readonly example: string } };

/** The function that makes a rule. */
export function ruleName(rule: GuardRule): string {
  return CALLS[rule.needs].name;
}

/**
 * Gives a rule back if it can be judged by. A rule that asks for nothing would let everybody in.
 *
 * @throws AUTH_GUARD_INVALID
 */
export function checkedRule(rule: GuardRule): GuardRule {
  const call = Object.hasOwn(CALLS, rule.needs) ? CALLS[rule.needs] : CALLS.login;
  const wrong = call === CALLS[rule.needs] ? whatIsWrong(rule) : `a need that does not exist, ${String(rule.needs)}`;
  if (wrong !== undefined) throw guardErrors.AUTH_GUARD_INVALID(`${call.name}()`, wrong, call.example);
  return rule;
}

function whatIsWrong({ needs, names, ...urls }: GuardRule): string | undefined {
  for (const option of ["loginUrl", "redirectUrl"] as const) {
    const url = urls[option];
    if (url === undefined || isAddress(url)) continue;
    return `the ${option} ${shown(url)}, which is neither a path of this app nor an http or https URL`;
  }
  if (needs !== "permission" && needs !== "group") return undefined;
  if (!Array.isArray(names) || names.length === 0) return "no name";
  const form = needs === "group" ? /\S/ : /^[^.\s]+\.\S+$/;
  const bad = names.findIndex((name) => typeof name !== "string" || !form.test(name));
  return bad < 0 ? undefined : `${shown(names[bad])}, which is the name of no ${needs}`;
}

function isAddress(url: unknown): boolean {
  if (typeof url !== "string") return false;
  return /^\/(?![/\\])/.test(url) || (/^https?:\/\//i.test(url) && URL.canParse(url));
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `a value of type ${typeof value}`;
}
