import { expect, test } from "vitest";
import { AccountState } from "../fixtures/identity-app/src/account.state.ts";
import { FeedState, StaffState } from "../fixtures/identity-app/src/secrets.state.ts";
import { PASSWORD, world } from "../support/identity-world.ts";
import { sent } from "../support/tab-calls.ts";

const BREAK = `create trigger no_session before insert on antiphon_session begin select raise(abort, 'disk full'); end`;

test("RT-6: a sign-in whose session cannot be saved opens no guarded state, and the next one does", async () => {
  await using desk = await world();
  await using tab = await desk.app.open("/", { as: "grace" });
  await tab.watch(StaffState);
  await tab.call(StaffState, "load");
  await tab.watch(AccountState);
  await tab.watch(FeedState);
  await tab.call(AccountState, "signOut");
  await tab.until(StaffState, ({ figures }) => figures.length === 0);
  const since = tab.frames.length;
  const { database } = desk.app.server;
  await database?.execute(BREAK);
  await expect(tab.call(AccountState, "signIn", "grace", PASSWORD)).rejects.toMatchObject({ code: "SESSION_BUSY" });
  await database?.execute("drop trigger no_session");
  await tab.call(AccountState, "look");
  expect(tab.view(AccountState).name).toBe("");
  await tab.call(FeedState, "push");
  await tab.call(AccountState, "look");
  expect(sent(tab, since)).not.toContain("secrets.StaffState");
  await tab.call(AccountState, "signIn", "grace", PASSWORD);
  await tab.call(StaffState, "load");
  await tab.until(StaffState, ({ figures }) => figures.length > 0);
});
