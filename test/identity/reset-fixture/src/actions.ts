import { currentUser, sendMail } from "antiphon";
import {
  changePassword,
  checkPasswordReset,
  confirmPasswordReset,
  keepPasswordReset,
  login,
  requestPasswordReset,
  signIn,
  signUp,
} from "antiphon/auth";

/** What somebody typed. */
export type Form = Readonly<Record<string, unknown>>;

/** What the app can do, for its views and its events alike; what they answer is a text. */
export const actions: { readonly [name: string]: (form: Form) => Promise<string> } = {
  forgot: async ({ email }) => {
    await requestPasswordReset(email);
    return "sent";
  },
  check: async ({ uid, key }) => String(await checkPasswordReset(uid, key)),
  keep: async ({ uid, key }) => String(await keepPasswordReset(uid, key)),
  confirm: async ({ uid, key, password, repeated }) => {
    await confirmPasswordReset({ uid, key, password, repeated });
    return "set";
  },
  confirmAndEnter: async ({ uid, key, password }) => {
    await login(await confirmPasswordReset({ uid, key, password }));
    return "in";
  },
  change: async ({ oldPassword, newPassword, repeated }) => {
    await changePassword({ oldPassword, newPassword, repeated });
    return "changed";
  },
  signIn: async ({ username, password }) => (await signIn({ username, password })).username,
  signUp: async ({ username, email, password }) => (await signUp({ username, email, password })).username,
  whoAmI: async () => currentUser().username,
  write: async ({ to }) => {
    sendMail({ to: String(to), subject: "Your report", text: "It is ready." });
    return "written";
  },
};
