export { User } from "antiphon/auth";
