import { describe, expect, it } from "vitest";
import { builtInModels, createUser, Group, Permission, syncPermissions, User } from "../../../src/auth/index.ts";
import { type Dialect, type ModelClass, model, objects, p, withDatabase } from "../../../src/models/index.ts";
import { migrationProjects } from "../migration-project.ts";

/** What users may do with a model that gets another name, on one kind of database. */
export function migrationPermissionContract(dialect: Dialect, address: () => Promise<string>): void {
  const { project } = migrationProjects(dialect, address);
  const models = (...names: string[]) => {
    const own = names.map((name) =>
      model(name, { id: p.integer().primary() }, { permissions: { [`praise_${name.toLowerCase()}`]: "Can praise" } }),
    ) as unknown as ModelClass[];
    return [...own, ...builtInModels(own)];
  };

  describe(`Permissions on ${dialect}`, () => {
    it("follow a renamed model, of users and of groups, also where another gave the name up", async () => {
      const before = models("Customer", "Client");
      const { make, migrate, open } = await project(before);
      const database = await open(before);
      const codenames = async () => {
        const [user] = await objects(User).related("userPermissions").rows();
        const [group] = await objects(Group).related("permissions").rows();
        return [user?.userPermissions, group?.permissions].map((all) => all?.map(({ codename }) => codename).sort());
      };
      await syncPermissions(database, before, "shop");
      await withDatabase(database, async () => {
        const idsOf = (name: string) => objects(Permission).filter({ model: name }).pluck("id");
        const user = await createUser({ username: "ada", password: "correct horse" });
        await objects(User)
          .filter({ id: user.id as never })
          .update({ userPermissions: await idsOf("customer") });
        await objects(Group).create({ name: "staff", permissions: await idsOf("client") });
      });
      const after = models("Client", "Partner");
      await make(after, { answers: { renames: ["Client:Partner", "Customer:Client"] } });
      await migrate();
      expect(await syncPermissions(database, models("Client"), "shop")).toBe(1);
      await withDatabase(database, async () => {
        expect(await codenames()).toEqual([
          ["add_client", "change_client", "delete_client", "praise_customer", "view_client"],
          ["add_partner", "change_partner", "delete_partner", "praise_client", "view_partner"],
        ]);
        const names = await objects(Permission).filter({ model: "partner" }).orderBy("codename").pluck("name");
        expect(names.slice(0, 2)).toEqual(["Can add partner", "Can change partner"]);
      });
    });

    it.each([
      ["keeps its table", ["Author:Writer"], { Writer: "author" }],
      ["exchanges its name with another", ["Author:Editor", "Editor:Author"], { Editor: "author", Author: "editor" }],
    ])("follow a model that %s", async (_, renames, tables) => {
      const people = (names: object) => {
        const own = Object.entries(names).map(([name, tableName]) =>
          model(name, { id: p.integer().primary() }, { tableName }),
        ) as unknown as ModelClass[];
        return [...own, ...builtInModels(own)];
      };
      const before = people({ Author: "author", Editor: "editor" });
      const after = people({ Editor: "editor", ...tables });
      const { make, migrate, open } = await project(before);
      const database = await open(before);
      await syncPermissions(database, before, "shop");
      const given = () =>
        withDatabase(database, async () => {
          const groups = await objects(Group).related("permissions").orderBy("name").rows();
          return groups.map(({ permissions }) => permissions.map(({ codename }) => codename));
        });
      await withDatabase(database, async () => {
        for (const codename of ["add_author", "add_editor"]) {
          const ids = await objects(Permission).filter({ codename }).pluck("id");
          await objects(Group).create({ name: codename, permissions: ids });
        }
      });
      const [made] = await make(after, { answers: { renames } });
      const [old, now] = (renames[0] ?? "").split(":");
      expect(made?.changes).toContain(`Rename ${old} to ${now} (table author)`);
      await migrate();
      await syncPermissions(database, after, "shop");
      expect(await given()).toEqual(
        renames.map((text) => [`add_${text.split(":")[1]?.toLowerCase()}`]).concat(renames[1] ? [] : [["add_editor"]]),
      );
      await migrate({ target: "0001" });
      expect(await given()).toEqual([["add_author"], ["add_editor"]]);
    });

    it("that a model of earlier days has left under the new name are given to nobody, and all go back", async () => {
      const before = models("Customer");
      const { make, migrate, open, rows } = await project(before);
      const database = await open(before);
      for (const one of [before, models("Client")]) await syncPermissions(database, one, "shop");
      await withDatabase(database, async () => {
        const ids = await objects(Permission).filter({ model: "client" }).pluck("id");
        await objects(Group).create({ name: "old", permissions: ids });
        const own = await objects(Permission).filter({ codename: "add_customer" }).pluck("id");
        await objects(Group).create({ name: "staff", permissions: own });
      });
      await make(models("Client"), { answers: { renames: ["Customer:Client"] } });
      await migrate();
      const given = () =>
        withDatabase(database, async () => {
          const groups = await objects(Group).related("permissions").orderBy("name").rows();
          return groups.map(({ permissions }) => permissions.map(({ codename }) => codename));
        });
      expect(await given()).toEqual([[], ["add_client"]]);
      await migrate({ target: "0001" });
      expect(await given()).toEqual([[], ["add_customer"]]);
      expect(await rows("select `name` from `auth_permission` where `codename` = 'add_customer'")).toEqual([
        { name: "Can add customer" },
      ]);
    });
  });
}
