import { userModel } from "antiphon/auth";
import { p } from "antiphon/models";

/** A user who can't be written without a phone. */
export class User extends userModel("User", { phone: p.string().length(30) }) {}
