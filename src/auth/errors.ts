import { defineErrors } from "../errors.ts";

/** Codes of users, sign-in and permissions; those of passwords stand in `password-errors.ts`. */
export const authErrors = defineErrors({
  AUTH_REQUIRED: {
    status: 401,
    expose: true,
    message: () => "This action requires a signed-in user.",
  },
  AUTH_UNAVAILABLE: {
    status: 503,
    expose: true,
    message: () => "Who you are can't be found out at the moment. Try again.",
  },
  AUTH_NOT_LOADED: {
    message: () =>
      "The user was asked for before it was loaded, and this database can't answer at once. Expected it to be loaded ahead, as views, pages and events do unless their bridge is switched off. Elsewhere write: await identity.prepare(context)",
  },
  AUTH_NO_REQUEST: {
    message: (call: string) =>
      `${call}() was called outside of a request. Expected a view or an event, whose session it changes. A command may use createUser() and setPassword().`,
  },
  AUTH_CREDENTIALS_INVALID: { status: 400, expose: true, message: (sentence: string) => sentence },
  AUTH_INACTIVE: { status: 403, expose: true, message: (sentence: string) => sentence },
  AUTH_LOGOUT_METHOD: {
    status: 405,
    message: (method: string) =>
      `logout() was called in a ${method} view. Expected POST: a link or an image of any other site can make a browser ask for an address by GET. Write app.post("/logout", …) and let a form or fetch() call it.`,
  },
  AUTH_DENIED: {
    status: 403,
    expose: true,
    message: () => "You may not do this.",
  },
  AUTH_USER_MISSING: {
    status: 404,
    message: (call: string) => `${call}() was given somebody who is not in the database. Expected a saved user.`,
  },
  AUTH_USERNAME_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `The username can't be used: ${reason}.`,
  },
  AUTH_USERNAME_TAKEN: { status: 409, expose: true, message: (sentence: string) => sentence },
  AUTH_EMAIL_TAKEN: { status: 409, expose: true, message: (sentence: string) => sentence },
  AUTH_SUPERUSER_FLAGS: {
    message: (flag: string) =>
      `createSuperuser() was given ${flag}: false. Expected true or nothing: a superuser is always one of the staff.`,
  },
  AUTH_PAGES_DISABLED: {
    status: 403,
    expose: true,
    message: () => "Signing in on this page is switched off.",
  },
  AUTH_SIGNUP_DISABLED: {
    status: 403,
    expose: true,
    message: () => "Creating an account is not possible here.",
  },
  AUTH_RESET_DISABLED: {
    status: 403,
    expose: true,
    message: () => "Setting a new password by mail is not possible here.",
  },
  AUTH_VERIFY_INVALID: { status: 400, expose: true, message: (sentence: string) => sentence },
  AUTH_VERIFICATION_REQUIRED: {
    message: () =>
      "signUp() was called, and auth.emailVerification is on: it would make an account without a proven address. Expected beginSignUp(), and finishSignUp() with the code of the mail.",
  },
  AUTH_SIGNUP_INVALID: { status: 400, expose: true, message: (sentence: string) => sentence },
  AUTH_BACKEND_UNKNOWN: {
    message: (name: string, known: readonly string[]) =>
      `There is no auth back end called "${name}". Expected one of: ${known.join(", ")}.`,
  },
  AUTH_BACKEND_TWICE: {
    message: (name: string) =>
      `Two auth back ends are called "${name}". Expected a name for each: sessions remember which one let somebody in.`,
  },
  AUTH_LOGIN_FIELDS_INVALID: {
    message: (got: string) =>
      `auth.loginFields must include at least one of "username" or "email". Got ${got}. Write loginFields: ["username"] in antiphon.config.ts.`,
  },
  AUTH_SIGNUP_FIELD_FORBIDDEN: {
    message: (field: string) =>
      `auth.signupFields names "${field}", which nobody may choose for himself. Expected fields of your user model such as "phone".`,
  },
  AUTH_USER_MODEL_TWICE: {
    message: (one: string, other: string) =>
      `Two models are made by userModel(): ${one} and ${other}. Expected one; make the other by model().`,
  },
  AUTH_USER_MODEL_OTHER: {
    message: (field: string, other: string, own: string) =>
      `${field} refers to another user model than the app's own. Expected ${own} of src/models.ts. Got ${other === own ? `the ${other} of another module, such as "antiphon/auth"` : other}. Import the class that src/models.ts exports.`,
  },
  AUTH_PERMISSION_NAME: {
    message: (got: string) =>
      `${got} names no permission. Expected the app and the codename with a dot between them, such as "notes.change_note".`,
  },
  AUTH_PERMISSIONS_LIST: {
    message: (got: string) =>
      `hasPerms() was given ${got}. Expected a list: hasPerms(["notes.add_note", "notes.change_note"])`,
  },
  AUTH_PERMISSION_CLASH: {
    message: (model: string, codename: string) =>
      `${model} declares the permission "${codename}", which every model has. Expected another codename, or defaultPermissions without it.`,
  },
  AUTH_PERMISSION_LONG: {
    message: (model: string, what: string, most: number) =>
      `A permission of ${model} is too long: ${what}. Expected at most ${most} characters.`,
  },
});
