import { createUser } from "antiphon/auth";
import { atomic, currentDatabase, entityManager, objects } from "antiphon/models";
import { User } from "./models.ts";

/** What a hash looks like, where no password was hashed. */
export const HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g";

/** Every way on which a user without a phone is written. */
export const ways: { readonly [name: string]: () => Promise<unknown> } = {
  "createUser()": () => createUser({ username: "ada", password: "correct horse" }),
  "create()": () => objects(User).create({ username: "ada", password: HASH } as never),
  "flush()": () => {
    entityManager().create(User, { username: "ada", password: HASH } as never, { partial: true } as never);
    return entityManager().flush();
  },
  "a flush of what a table refuses": async () => {
    for (const phone of ["1", "2"]) {
      entityManager().create(User, { username: "ada", password: HASH, phone } as never, { partial: true } as never);
    }
    await entityManager().flush();
  },
  "a flush into a table that is not there": () =>
    atomic(async () => {
      await currentDatabase().execute("alter table auth_user rename to gone");
      entityManager().create(User, { username: "ada", password: HASH, phone: "1" } as never);
      await entityManager().flush();
    }),
};
