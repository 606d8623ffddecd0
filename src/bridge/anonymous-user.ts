import { bridgeErrors } from "./errors.ts";
import type { RequestUser } from "./request-types.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** Somebody who is not signed in. There is one such object, so two of them are equal; it has no rights at all. */
export const anonymousUser: RequestUser = Object.freeze({
  id: null,
  username: "",
  email: "",
  firstName: "",
  lastName: "",
  isAuthenticated: false,
  isActive: false,
  isStaff: false,
  isSuperuser: false,
  hasPerm: async () => false,
  hasPerms: async (permissions: readonly string[]) => {
    if (!Array.isArray(permissions)) throw bridgeErrors.BRIDGE_PERMISSIONS_NOT_A_LIST(typeof permissions);
    return permissions.length === 0;
  },
  hasModulePerms: async () => false,
  hasGroup: async () => false,
  groupNames: async () => [],
  permissions: async () => NOTHING,
});
