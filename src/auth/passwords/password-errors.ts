import { defineErrors } from "../../errors.ts";

/** Codes of passwords, of resetting them, and of too many tries. */
export const passwordErrors = defineErrors({
  AUTH_BUSY: {
    status: 503,
    expose: true,
    message: () => "Too many people sign in at this moment. Try again in a few seconds.",
  },
  AUTH_THROTTLED: {
    status: 429,
    expose: true,
    message: (seconds: number) => `Too many tries. Try again in ${inWords(seconds)}.`,
  },
  PASSWORD_TOO_LONG: {
    status: 400,
    expose: true,
    message: (most: number) => `The password is too long. Expected at most ${most} bytes.`,
  },
  PASSWORD_INVALID: {
    status: 400,
    expose: true,
    message: (sentences: string) => sentences,
  },
  PASSWORD_MISMATCH: {
    status: 400,
    expose: true,
    message: () => "Passwords do not match.",
  },
  PASSWORD_OLD_WRONG: {
    status: 400,
    expose: true,
    message: () => "Your old password was entered wrongly. Enter it again.",
  },
  PASSWORD_HASHER_MISSING: {
    message: (name: string) =>
      `Passwords can't be hashed: ${name}. Expected at least one hasher. Write: new PasswordHashing({ hashers: [argon2id(), scrypt()] })`,
  },
  PASSWORD_HASHER_OPTIONS: {
    message: (name: string, reason: string) =>
      `The settings of ${name} are out of range: ${reason}. Write ${name}() for the recommended ones.`,
  },
  RESET_LINK_INVALID: {
    status: 400,
    expose: true,
    message: () => "This reset link is invalid or has expired.",
  },
  RESET_URL_MISSING: {
    message: () =>
      `Links in mails need the app's address, which is not set. Expected an address such as "https://app.example.com". Write publicUrl: "https://app.example.com" in antiphon.config.ts.`,
  },
  RESET_URL_INVALID: {
    status: 400,
    message: (got: string) =>
      `The address for links in mails can't be used. Expected one such as "https://app.example.com", without user and password. Got ${got}.`,
  },
  RESET_PATH_INVALID: {
    message: (got: string) =>
      `The path of the reset page is "${got}". Expected one that begins with a slash and holds [uid] and [key] (or [token]), such as "/password-reset/confirm/[uid]/[key]".`,
  },
  THROTTLE_IN_TRANSACTION: {
    message: () =>
      "A try was to be counted inside atomic(), where a failure would undo the count. Expected sign-ins and resets of passwords outside of it: call them before or after atomic().",
  },
  THROTTLE_RULE_INVALID: {
    message: (rule: string, reason: string) =>
      `The throttle rule ${rule} can't be used: ${reason}. Expected for example { by: ["identifier", "ip"], limit: 5, seconds: 900 }.`,
  },
});

function inWords(seconds: number): string {
  const [count, unit] =
    seconds < 60 ? [Math.max(1, Math.ceil(seconds)), "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
