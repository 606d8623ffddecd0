import type { RequestUser } from "../../bridge/request-types.ts";
import { AntiphonError } from "../../errors.ts";
import { cleanData } from "../../models/validation/validate.ts";
import { authErrors } from "../errors.ts";
import { type Auth, currentAuth } from "../identity/auth.ts";
import { passwordProblems } from "../passwords/password-rules.ts";
import { countedTry } from "../throttle/counted-try.ts";
import { tryKeys } from "../throttle/try-keys.ts";
import { isAddress, isSameEmail, normalizeEmail, normalizeUsername } from "../users/username.ts";
import { insertUser, isEmailTaken, isUsernameTaken, type NewUser } from "./create-user.ts";
import { login, requestOf } from "./login.ts";
import { sentForm } from "./sent-form.ts";

/** What a form to sign up sends. It comes from a browser: anything may stand in it. */
export interface SignUpData {
  readonly username?: unknown;
  readonly email?: unknown;
  readonly password?: unknown;
  /** The password once more; when it is absent, it is not compared. */
  readonly confirmPassword?: unknown;
  /** Fields that `auth.signupFields` names; all others are passed over. */
  readonly [field: string]: unknown;
}

/**
 * Creates an account for who fills in a form, and signs him in. What is wrong comes as one sentence at a time;
 * `details.field` names the input, `details.problems` holds all that is known to be wrong with it.
 *
 * Whether a name or an address is taken is told: who is free to have it is signed in at once, so no answer could hide it.
 * What it costs to ask is a counted try.
 *
 * Of the data only username, e-mail, password and `auth.signupFields` are taken.
 *
 * @throws AUTH_SIGNUP_DISABLED (403), AUTH_SIGNUP_INVALID (400), AUTH_USERNAME_TAKEN and AUTH_EMAIL_TAKEN (409), AUTH_THROTTLED (429), AUTH_NO_REQUEST,
 * AUTH_VERIFICATION_REQUIRED where `auth.emailVerification` is on: call `beginSignUp()`
 * @example
 * await signUp({ username, email, password, confirmPassword });
 */
export async function signUp(data: SignUpData): Promise<RequestUser> {
  const form = sentForm(data);
  const auth = currentAuth();
  const { signupEnabled, throttle, logger, emailVerification } = auth.settings;
  if (!signupEnabled) throw authErrors.AUTH_SIGNUP_DISABLED();
  if (emailVerification) throw authErrors.AUTH_VERIFICATION_REQUIRED();
  const context = requestOf("signUp");
  const tries = [tryKeys(context, typedName(form))];
  const row = await countedTry(throttle, { purpose: "signup", tries, logger }, async () => {
    const user = await checkedUser(auth, form, { provesEmail: false });
    return insertUser(auth, user, { uniqueEmail: true }).catch(asSignUpError);
  });
  return login(row);
}

/** What the try is counted under, beside its address. */
export function typedName({ username, email }: SignUpData): string | undefined {
  return [username, email].map(text).find((typed) => typed.trim() !== "");
}

/** A sign-up whose form was found to be right. */
export interface CheckedUser extends NewUser {
  readonly email: string;
  readonly password: string;
}

/** How a sign-up is checked. */
interface CheckOptions {
  /** True if the address is proven before there is an account: then it is needed, and nobody is told whether it is taken. */
  readonly provesEmail: boolean;
}

/** One check after the other, so that a person reads one sentence at a time. */
export async function checkedUser(auth: Auth, data: SignUpData, { provesEmail }: CheckOptions): Promise<CheckedUser> {
  const { messages, usernameMinLength, passwordMinLength, passwordValidators } = auth.settings;
  const username = normalizeUsername(text(data.username));
  const email = normalizeEmail(text(data.email));
  const password = text(data.password);
  if (username === "" || [...username].length < usernameMinLength) throw invalid("username", messages.usernameRequired);
  if (isAddress(username) && !isSameEmail(username, email)) throw invalid("username", messages.usernameIsAddress);
  if ((auth.settings.emailRequired || provesEmail) && email === "") throw invalid("email", messages.emailRequired);
  if (data.confirmPassword !== undefined && data.confirmPassword !== data.password)
    throw invalid("confirmPassword", messages.passwordMismatch);
  if ([...password].length < passwordMinLength) throw invalid("password", messages.passwordTooShort);
  await refuseTaken(auth, { username, email }, provesEmail);
  const { values, errors } = await cleanData(auth.user, { ...ownFields(auth, data), username, email }, { form: true });
  const isSilent = provesEmail && isAddress(username) && (await isUsernameTaken(auth, username));
  const [wrong] = Object.entries(errors).filter(([field]) => !(isSilent && field === "username"));
  if (wrong) {
    // Somebody may have taken the name since it was looked for.
    await refuseTaken(auth, { username, email }, provesEmail);
    throw invalid(wrong[0], wrong[1].join(" "), wrong[1]);
  }
  const weak = await passwordProblems(password, values, { validators: passwordValidators });
  const sentences = weak.map(({ message }) => message);
  if (sentences.length > 0) throw invalid("password", sentences.join(" "), sentences);
  return { ...values, username, email, password };
}

/** An address is taken in silence where it is proven first, and so is a username that is the address. */
async function refuseTaken(
  auth: Auth,
  { username, email }: { readonly username: string; readonly email: string },
  provesEmail: boolean,
): Promise<void> {
  const { messages } = auth.settings;
  if (provesEmail && isAddress(username)) return;
  if (await isUsernameTaken(auth, username)) throw taken("username", messages.usernameTaken);
  if (!provesEmail && email !== "" && (await isEmailTaken(auth, email))) throw taken("email", messages.emailTaken);
}

/** The fields that the settings allow, and no others. */
function ownFields(auth: Auth, data: SignUpData): Readonly<Record<string, unknown>> {
  const given = auth.settings.signupFields.filter((field) => Object.hasOwn(data, field) && data[field] !== undefined);
  return Object.fromEntries(given.map((field) => [field, data[field]]));
}

function text(given: unknown): string {
  return typeof given === "string" ? given : "";
}

function invalid(field: string, sentence: string, problems: readonly string[] = [sentence]): AntiphonError {
  return authErrors.AUTH_SIGNUP_INVALID.with({ details: { field, problems } }, sentence);
}

function taken(field: "username" | "email", sentence: string, cause?: unknown): AntiphonError {
  const make = field === "username" ? authErrors.AUTH_USERNAME_TAKEN : authErrors.AUTH_EMAIL_TAKEN;
  return make.with({ details: { field, problems: [sentence] }, ...(cause === undefined ? {} : { cause }) }, sentence);
}

/** Somebody who came at the same time was faster; it reads as if he had come before. */
export function asSignUpError(error: unknown): never {
  if (error instanceof AntiphonError && error.details === undefined) {
    if (error.code === "AUTH_USERNAME_TAKEN") throw taken("username", error.message, error);
    if (error.code === "AUTH_EMAIL_TAKEN") throw taken("email", error.message, error);
  }
  throw error;
}
