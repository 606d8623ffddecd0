export { AppState } from "./app-state.ts";
export type { SentForm } from "./auth-form.ts";
export { AuthState } from "./auth-state.ts";
export {
  type Auth,
  type AuthSettings,
  authOf,
  bindAuth,
  currentAuth,
  type LoginField,
  type TryCounter,
} from "./identity/auth.ts";
export type { AuthBackend, AuthenticationContext, Credentials } from "./users/auth-backend.ts";
export { authenticate, signIn } from "./account/authenticate.ts";
export { builtInModels } from "./built-in-models.ts";
export { createSuperuser, createUser, type NewUser } from "./account/create-user.ts";
export {
  checkPasswordReset,
  confirmPasswordReset,
  KEPT_KEY,
  keepPasswordReset,
  type NewPassword,
  requestPasswordReset,
} from "./account/forgotten-password.ts";
export { Group } from "./users/group.ts";
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
} from "./guards/guards.ts";
export { createIdentity, type IdentityOptions } from "./identity/identity.ts";
export { type LoginOptions, login, logout, type UserLike, updateSessionAuthHash } from "./account/login.ts";
export { type AuthMessages, authMessages } from "./messages.ts";
export { allowAllUsersBackend, modelBackend } from "./identity/model-backend.ts";
export { type ChangedPassword, changePassword } from "./account/password-change.ts";
export { Permission } from "./users/permission.ts";
export {
  defaultPasswordValidators,
  minimumLength,
  notCommon,
  notNumeric,
  notSimilar,
  type PasswordOwner,
  type PasswordProblem,
  type PasswordValidator,
  validatePassword,
} from "./passwords/password-rules.ts";
export { denied } from "./identity/permission-checks.ts";
export {
  hasGroup,
  hasModulePerms,
  hasPerm,
  hasPerms,
  permissionsOf,
  usersWithPerm,
  type WithPermOptions,
} from "./account/permissions.ts";
export { type KnownUser, requireUser } from "./guards/require-user.ts";
export type { ResetMailTemplates, ResetMailValues } from "./options.ts";
export { checkPassword, hasUsablePassword, setPassword } from "./account/set-password.ts";
export {
  passwordChanged,
  type Receiver,
  Signal,
  userLoggedIn,
  userLoggedOut,
  userLoginFailed,
} from "./account/signals.ts";
export {
  beginSignUp,
  type EmailProof,
  finishSignUp,
  isSignUpLink,
  pendingSignUp,
  resendSignUpCode,
} from "./account/pending-sign-up.ts";
export { type SignUpData, signUp } from "./account/sign-up.ts";
export {
  type DeclaredPermission,
  declaredPermissions,
  permissionName,
  syncPermissions,
} from "./users/sync-permissions.ts";
export { isUserModel, User, type UserModel, type UserProperties, type UserRow, userModel } from "./users/user-model.ts";
export { type SnapshotSource, type UserSnapshot, userSnapshot } from "./users/user-snapshot.ts";
export { type SessionAuthConfig, type SessionAuthStateClass, sessionAuthState } from "./session-auth-state.ts";
export { UserState } from "./user-state.ts";
export { normalizeEmail, normalizeUsername } from "./users/username.ts";
