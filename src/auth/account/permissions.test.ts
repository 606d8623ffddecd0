import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { anonymousUser } from "../../bridge/anonymous-user.ts";
import type { RequestUser } from "../../bridge/request-types.ts";
import { objects } from "../../models/query/query-set.ts";
import { AuthApp, allModels, memoryDatabase, Note } from "../identity/auth.fixture.ts";
import { modelBackend } from "../identity/model-backend.ts";
import { denied } from "../identity/permission-checks.ts";
import type { AuthBackend } from "../users/auth-backend.ts";
import { Group } from "../users/group.ts";
import { Permission } from "../users/permission.ts";
import { declaredPermissions, permissionName, syncPermissions } from "../users/sync-permissions.ts";
import { User } from "../users/user-model.ts";
import { createUser, type NewUser } from "./create-user.ts";
import { hasGroup, hasModulePerms, hasPerm, hasPerms, permissionsOf, usersWithPerm } from "./permissions.ts";

/** Every permission that the models of the app declare. */
const ALL = allModels.flatMap((model) => declaredPermissions(model, "notes").map(permissionName));

let app: AuthApp;
const statements: string[] = [];
beforeEach(async () => {
  app = new AuthApp(await memoryDatabase(undefined, (sql) => statements.push(sql)));
  await syncPermissions(app.database, allModels, "notes");
});
afterEach(() => app.close());

const keyOf = async (name: string): Promise<number> => {
  const [permissionApp = "", codename = ""] = name.split(".");
  const [row] = await objects(Permission).filter({ app: permissionApp, codename }).rows();
  return row?.id as number;
};
/** Creates a user and gives what a request sees of him. */
const user = (data: NewUser): Promise<RequestUser> =>
  app.run(async () => {
    const { id } = await createUser(data);
    return (await app.auth.load(id)) as RequestUser;
  });
const withOwn = async (username: string, permission: string, more: Partial<NewUser> = {}) => {
  const userPermissions = [await app.run(() => keyOf(permission))];
  return user({ username, ...more, userPermissions });
};
const withGroup = async (username: string, permission: string, more: Partial<NewUser> = {}) => {
  const group = await app.run(async () =>
    objects(Group).create({ name: `group of ${username}`, permissions: [await keyOf(permission)] }),
  );
  return user({ username, ...more, groups: [group.id] });
};

describe("permissions of the user table", () => {
  test.each(ALL)(
    "row 97, PRM-3: %s is had by who was given it or whose group was, and by nobody else",
    async (permission) => {
      const [own, group, nobody] = [
        await withOwn("own", permission),
        await withGroup("group", permission),
        await user({ username: "nobody" }),
      ];
      const [root, gone] = [
        await user({ username: "root", isSuperuser: true }),
        await withOwn("gone", permission, { isActive: false }),
      ];
      const answers = await Promise.all(
        [own, group, nobody, root, gone, anonymousUser].map((one) => one.hasPerm(permission)),
      );
      expect(answers).toEqual([true, true, false, true, false, false]);
      for (const other of ALL) expect(await own.hasPerm(other), other).toBe(other === permission);
    },
  );

  test("PRM-3: the set is of both kinds, each once; it is read once for a user", async () => {
    const first = await app.run(() => keyOf("notes.add_note"));
    const second = await app.run(() => keyOf("notes.view_note"));
    const group = await app.run(() => objects(Group).create({ name: "Editors", permissions: [first, second] }));
    const ada = await user({ username: "ada", userPermissions: [first], groups: [group.id] });
    statements.length = 0;
    expect([...(await ada.permissions())].toSorted()).toEqual(["notes.add_note", "notes.view_note"]);
    expect(await ada.hasPerms(["notes.add_note", "notes.view_note"])).toBe(true);
    expect(await ada.hasModulePerms("notes")).toBe(true);
    expect(statements).toHaveLength(1);
  });

  test("PRM-4: an active superuser may do everything, without a query; the list has all there is", async () => {
    const root = await user({ username: "root", isSuperuser: true });
    statements.length = 0;
    expect(await root.hasPerm("nothing.such_thing")).toBe(true);
    expect(await root.hasPerm("notes.add_note", new Note())).toBe(true);
    expect(await root.hasPerms(ALL)).toBe(true);
    expect(await root.hasModulePerms("nothing")).toBe(true);
    expect(statements).toEqual([]);
    expect([...(await root.permissions())].toSorted()).toEqual(ALL.toSorted());
  });

  test("PRM-5: who is not active may do nothing, a superuser neither", async () => {
    const group = await app.run(() => objects(Group).create({ name: "Editors" }));
    const more = { isActive: false, isSuperuser: true, groups: [group.id] };
    for (const gone of [
      await withOwn("gone", "notes.add_note", more),
      await withOwn("off", "notes.add_note", { isActive: false }),
    ]) {
      expect(await gone.hasPerm("notes.add_note")).toBe(false);
      expect(await gone.hasPerms(["notes.add_note"])).toBe(false);
      expect(await gone.hasModulePerms("notes")).toBe(false);
      expect([...(await gone.permissions())]).toEqual([]);
      expect([...(await app.run(() => permissionsOf(gone)))]).toEqual([]);
      expect(await gone.hasGroup("Editors")).toBe(false);
      expect(await gone.groupNames()).toEqual([]);
    }
  });

  test("PRM-6: who is not signed in may do nothing", async () => {
    await app.run(async () => {
      expect(await hasPerm(anonymousUser, "notes.add_note")).toBe(false);
      expect(await hasPerms(anonymousUser, [])).toBe(true);
      expect(await hasModulePerms(anonymousUser, "notes")).toBe(false);
      expect(await hasGroup(anonymousUser, "Editors")).toBe(false);
      expect(await permissionsOf(anonymousUser)).toEqual(new Set());
      expect(await hasPerm({ id: 999 }, "notes.add_note")).toBe(false);
    });
  });

  test("PRM-7: they are for no single object, but for a superuser", async () => {
    const ada = await withOwn("ada", "notes.change_note");
    const note = new Note();
    expect(await ada.hasPerm("notes.change_note", note)).toBe(false);
    expect([...(await app.run(() => permissionsOf(ada, note)))]).toEqual([]);
    const root = await user({ username: "root", isSuperuser: true });
    expect(await root.hasPerm("notes.change_note", note)).toBe(true);
  });

  test("PRM-8: all of a list must hold; of none all hold; a text is no list", async () => {
    const ada = await withOwn("ada", "notes.add_note");
    expect(await ada.hasPerms([])).toBe(true);
    expect(await ada.hasPerms(["notes.add_note"])).toBe(true);
    expect(await ada.hasPerms(["notes.add_note", "notes.view_note"])).toBe(false);
    for (const wrong of ["notes.add_note", undefined, { length: 0 }]) {
      await expect(ada.hasPerms(wrong as never)).rejects.toMatchObject({ code: "AUTH_PERMISSIONS_LIST" });
      await expect(app.run(() => hasPerms(ada, wrong as never))).rejects.toMatchObject({
        code: "AUTH_PERMISSIONS_LIST",
      });
    }
  });

  test("PRM-9: any permission of an app opens it, and no other app whose name begins alike", async () => {
    const ada = await withOwn("ada", "notes.view_note");
    expect(await ada.hasModulePerms("notes")).toBe(true);
    expect(await ada.hasModulePerms("note")).toBe(false);
    expect(await ada.hasModulePerms("stats")).toBe(false);
    expect(await ada.hasModulePerms("")).toBe(false);
  });

  test("PRM-12: who is not signed in is one and the same, and can't be saved or changed", () => {
    expect(anonymousUser).toBe(app.auth.anonymous);
    expect(anonymousUser.isAuthenticated).toBe(false);
    expect(anonymousUser).not.toHaveProperty("save");
    expect(anonymousUser).not.toHaveProperty("setPassword");
    expect(Object.isFrozen(anonymousUser)).toBe(true);
  });

  test("W17: a group is asked of the database, and being a superuser is no membership", async () => {
    const editors = await app.run(() => objects(Group).create({ name: "Editors" }));
    const ada = await user({ username: "ada", groups: [editors.id] });
    expect(await ada.hasGroup("Editors")).toBe(true);
    expect(await ada.hasGroup("editors")).toBe(false);
    expect(await app.run(() => hasGroup(ada, "Editors"))).toBe(true);
    const root = await user({ username: "root", isSuperuser: true });
    expect(await root.hasGroup("Editors")).toBe(false);
  });

  test("SEC-12: what is no text is no permission", async () => {
    const ada = await withOwn("ada", "notes.add_note");
    for (const wrong of [undefined, null, 5, {}, ["notes.add_note"], { toString: () => "notes.add_note" }]) {
      expect(await ada.hasPerm(wrong as never)).toBe(false);
      expect(await ada.hasModulePerms(wrong as never)).toBe(false);
    }
  });
});

describe("other back ends", () => {
  const rows: AuthBackend = {
    name: "rows",
    hasPerm: async (who, permission, object) =>
      object instanceof Note && object.title === who.username && permission === "notes.change_note",
    permissions: async (_, object) => new Set(object instanceof Note ? ["notes.change_note"] : []),
  };
  const open: AuthBackend = {
    name: "open",
    knowsAnonymous: true,
    hasPerm: async (who, permission) => !who.isAuthenticated && permission === "notes.view_note",
    hasModulePerms: async (_, module) => module === "notes",
    permissions: async (who) => new Set(who.isAuthenticated ? [] : ["notes.view_note"]),
  };
  const no: AuthBackend = {
    name: "no",
    hasPerm: async (_, permission) => {
      if (permission.startsWith("stats.")) throw denied();
      return false;
    },
    hasModulePerms: async () => {
      throw denied();
    },
  };
  const using = (backends: readonly AuthBackend[]) => {
    app = new AuthApp(app.database, { backends });
  };

  test("PRM-7: one that looks at the object may say yes", async () => {
    using([modelBackend(), rows]);
    const ada = await user({ username: "ada" });
    const [own, other] = [Object.assign(new Note(), { title: "ada" }), Object.assign(new Note(), { title: "bob" })];
    expect(await ada.hasPerm("notes.change_note", own)).toBe(true);
    expect(await ada.hasPerm("notes.change_note", other)).toBe(false);
    expect(await ada.hasPerm("notes.change_note")).toBe(false);
    expect([...(await app.run(() => permissionsOf(ada, own)))]).toEqual(["notes.change_note"]);
  });

  test("PRM-6: one may allow something to who is not signed in", async () => {
    using([modelBackend(), open]);
    const { anonymous } = app.auth;
    expect(await anonymous.hasPerm("notes.view_note")).toBe(true);
    expect(await anonymous.hasPerms(["notes.view_note", "notes.add_note"])).toBe(false);
    expect(await anonymous.hasModulePerms("notes")).toBe(true);
    expect([...(await anonymous.permissions())]).toEqual(["notes.view_note"]);
    expect(await app.browser().request(({ user: who }) => who.hasPerm("notes.view_note"))).toBe(true);
    expect(anonymous.isAuthenticated).toBe(false);
  });

  test("PRM-5: none can allow anything to who is not active", async () => {
    using([{ ...open, hasPerm: async () => true }, modelBackend()]);
    const gone = await user({ username: "gone", isActive: false });
    expect(await gone.hasPerm("notes.view_note")).toBe(false);
    expect(await gone.hasModulePerms("notes")).toBe(false);
  });

  test("PRM-10: the first yes counts, and a denial ends the search", async () => {
    const key = await app.run(() => keyOf("stats.view_report"));
    using([no, modelBackend()]);
    const denying = await user({
      username: "ada",
      userPermissions: [key, await app.run(() => keyOf("notes.add_note"))],
    });
    expect(await denying.hasPerm("stats.view_report")).toBe(false);
    expect(await denying.hasPerm("notes.add_note")).toBe(true);
    expect(await denying.hasModulePerms("stats")).toBe(false);
    using([modelBackend(), no]);
    const allowed = await app.run(() => app.auth.load(denying.id as number));
    expect(await allowed?.hasPerm("stats.view_report")).toBe(true);
  });

  test("one that fails is no answer", async () => {
    using([{ name: "broken", hasPerm: () => Promise.reject(new Error("broken")) }]);
    const ada = await user({ username: "ada" });
    await expect(ada.hasPerm("notes.add_note")).rejects.toThrow("broken");
  });

  test("two of one name are refused", () => {
    expect(() => using([open, { ...no, name: "open" }])).toThrow(/Two auth back ends are called "open"/);
  });
});

describe("usersWithPerm", () => {
  const names = (permission: string, options = {}) =>
    app.run(async () => (await usersWithPerm(permission, options).rows()).map(({ username }) => username));

  beforeEach(async () => {
    await withOwn("own", "notes.add_note");
    await withGroup("group", "notes.add_note");
    await withOwn("gone", "notes.add_note", { isActive: false });
    await withOwn("other", "notes.view_note");
    await user({ username: "root", isSuperuser: true });
  });

  test("PRM-11: finds users by their own permissions, by their groups', and superusers; each once", async () => {
    expect(await names("notes.add_note")).toEqual(["group", "own", "root"]);
    expect(await names("notes.add_note", { includeSuperusers: false })).toEqual(["group", "own"]);
    expect(await names("notes.add_note", { isActive: false })).toEqual(["gone"]);
    expect(await names("notes.add_note", { isActive: null })).toEqual(["gone", "group", "own", "root"]);
    expect(await names("notes.no_such_thing")).toEqual(["root"]);
  });

  test("PRM-11: a name that is none is refused", async () => {
    for (const wrong of ["", "add_note", "notes.", ".add_note", "a.b.c", 5, null]) {
      await expect(names(wrong as string)).rejects.toMatchObject({ code: "AUTH_PERMISSION_NAME" });
    }
  });

  test("gives a query set of the app's user model", async () => {
    const [row] = await app.run(() => usersWithPerm("notes.add_note").orderBy("-username").limit(1).rows());
    expect(row).toMatchObject({ username: "root" });
    expect(row).not.toHaveProperty("password");
    expect(await app.run(() => objects(User).count())).toBe(5);
  });
});
