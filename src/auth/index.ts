export { AppState } from "./app-state.ts";
export {
  type Auth,
  type AuthSettings,
  authOf,
  bindAuth,
  currentAuth,
  type LoginField,
  type TryCounter,
} from "./auth.ts";
export type { AuthBackend, AuthenticationContext, Credentials } from "./auth-backend.ts";
export { authenticate, signIn } from "./authenticate.ts";
export { builtInModels } from "./built-in-models.ts";
export { createSuperuser, createUser, type NewUser } from "./create-user.ts";
export {
  checkPasswordReset,
  confirmPasswordReset,
  KEPT_KEY,
  keepPasswordReset,
  type NewPassword,
  requestPasswordReset,
} from "./forgotten-password.ts";
export { Group } from "./group.ts";
export {
  type AuthGuard,
  type GuardedReply,
  type GuardedRequest,
  type GuardOptions,
  groupRequired,
  loginRequired,
  type PermissionGuardOptions,
  permissionRequired,
  staffRequired,
  superuserRequired,
} from "./guards.ts";
export { createIdentity, type IdentityOptions } from "./identity.ts";
export { type LoginOptions, login, logout, type UserLike, updateSessionAuthHash } from "./login.ts";
export { type AuthMessages, authMessages } from "./messages.ts";
export { allowAllUsersBackend, modelBackend } from "./model-backend.ts";
export { type ChangedPassword, changePassword } from "./password-change.ts";
export { Permission } from "./permission.ts";
export { denied } from "./permission-checks.ts";
export {
  hasGroup,
  hasModulePerms,
  hasPerm,
  hasPerms,
  permissionsOf,
  usersWithPerm,
  type WithPermOptions,
} from "./permissions.ts";
export { type KnownUser, requireUser } from "./require-user.ts";
export type { ResetMailTemplates, ResetMailValues } from "./reset-mail.ts";
export { checkPassword, hasUsablePassword, setPassword } from "./set-password.ts";
export {
  passwordChanged,
  type Receiver,
  Signal,
  userLoggedIn,
  userLoggedOut,
  userLoginFailed,
} from "./signals.ts";
export { type SignUpData, signUp } from "./sign-up.ts";
export { type DeclaredPermission, declaredPermissions, permissionName, syncPermissions } from "./sync-permissions.ts";
export { isUserModel, User, type UserModel, type UserProperties, type UserRow, userModel } from "./user-model.ts";
export { type SnapshotSource, type UserSnapshot, userSnapshot } from "./user-snapshot.ts";
export { UserState } from "./user-state.ts";
export { normalizeEmail, normalizeUsername } from "./username.ts";
