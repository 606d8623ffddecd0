// Who may see a page.
export type { GuardRule } from "../../protocol/page.ts";
export {
  type AnonymousRuleOptions,
  anonymousRequired,
  groupRequired,
  loginRequired,
  type PageRuleOptions,
  permissionRequired,
  staffRequired,
  superuserRequired,
} from "./guard-rules.ts";
