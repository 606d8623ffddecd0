import type { StandardSchemaV1 } from "@standard-schema/spec";
import { fieldInfo, type ModelClass, objects } from "antiphon/models";
import type { TestTab } from "antiphon/testing";
import { describe, expect, test } from "vitest";
import * as states from "../../fixtures/crud-app/src/notes.state.ts";
import { type Address, type CrudWorld, crudWorld } from "../../support/crud-world.ts";

/** A state class as its tables describe it. */
interface AnyState {
  new (): object;
  readonly name: string;
  readonly events: { readonly [name: string]: { readonly args: readonly StandardSchemaV1[] } | undefined };
  readonly fields: object;
  readonly form?: (typeof states.NotesState)["form"];
}

/** States whose rows belong to everyone. Every other state of the fixture is in the matrix, also those that are added later. */
const PUBLIC = new Set(["PublicNotes", "LabelsState", "TagsState", "TagMixins", "RemindersState"]);

const scoped = Object.values(states).filter(
  (value): value is never => typeof value === "function" && !PUBLIC.has(value.name),
) as unknown as AnyState[];

function accepts(schema: StandardSchemaV1 | undefined, value: unknown): boolean {
  const result = schema?.["~standard"].validate(value);
  return result !== undefined && !("then" in result) && result.issues === undefined;
}

/** The events whose first argument is a key of any kind. */
function keyEvents({ events }: AnyState): string[] {
  return Object.entries(events).flatMap(([name, event]) => {
    const [schema] = event?.args ?? [];
    return accepts(schema, 1) && accepts(schema, "abc") && !accepts(schema, {}) && !accepts(schema, "x".repeat(1_000))
      ? [name]
      : [];
  });
}

function modelOf(world: CrudWorld, state: AnyState): ModelClass {
  const name = state.name === "FoldersState" ? "Folder" : "Note";
  return world.app.server.database?.models.get(name) as ModelClass;
}

/** What a page can tell of an answer: its error or not, every var, and the bytes of the frames. */
async function answer(tab: TestTab, state: AnyState, ask: () => Promise<unknown>, named: unknown) {
  const before = tab.frames.length;
  const code = await ask().then(
    () => "resolved",
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
  const without = (text: string) => text.replaceAll(JSON.stringify(named), "KEY").replaceAll(String(named), "KEY");
  return {
    code,
    view: without(JSON.stringify(tab.view(state as never))),
    sent: without(JSON.stringify(tab.frames.slice(before).map((frame) => frame.changes ?? null))),
  };
}

/** Every event that takes a key, and every other way to a row, for every scoped state: another user's row is a missing row. */
export function twoUsers(address: Address): void {
  describe("two users", () => {
    const world = crudWorld(address);

    /** Rows of both users, and a key of the same length that no row has. */
    async function prepare() {
      const [mine, theirs] = await world.rows("Folder", (folders) =>
        folders.createMany([
          { id: 11_111, name: "zebra of ada", user: world.ada },
          { id: 22_222, name: "zebra of bob", user: world.bob },
        ]),
      );
      await world.rows("Note", (notes) =>
        notes.createMany([
          { id: 11_111, title: "zebra of ada", user: world.ada, folder: mine?.id as number },
          { id: 22_222, title: "zebra of bob", user: world.bob, folder: theirs?.id as number },
        ]),
      );
      const everything = () =>
        world.app.run(async () => {
          const rows = async (name: string) =>
            await objects(world.app.server.database?.models.get(name) as ModelClass)
              .filter({ user: world.bob } as never)
              .rows();
          return { notes: await rows("Note"), folders: await rows("Folder") };
        });
      return { theirs: 22_222, missing: 33_333, everything, before: await everything() };
    }

    test("The matrix has every scoped state and every event that takes a key.", () => {
      const matrix = Object.fromEntries(scoped.map((state) => [state.name, keyEvents(state).toSorted()]));
      expect(matrix).toEqual({
        DraftsState: ["deleteNote", "load", "remove", "startEdit"],
        FoldersState: ["deleteFolder", "load", "remove", "startEdit"],
        KindsState: ["deleteNote", "load", "remove", "startEdit"],
        NotesState: ["deleteNote", "load", "remove", "startEdit"],
        NotesView: ["deleteNote", "load", "remove", "startEdit"],
      });
    });

    test.each(scoped.flatMap((state) => keyEvents(state).map((event) => [state.name, event, state] as const)))(
      "SEC-11: %s.%s answers another user's key as a missing one.",
      async (_, event, state) => {
        const { theirs, missing, everything, before } = await prepare();
        const answers = [];
        for (const key of [theirs, String(theirs), missing, String(missing)]) {
          await using tab = await world.open("ada");
          await tab.call(state as never, "refresh" as never);
          answers.push(
            await answer(tab, state, () => tab.call(state as never, event as never, ...([key] as never[])), key),
          );
        }
        const [foreign, foreignText, none, noneText] = answers;
        expect(foreign).toEqual(none);
        expect(foreignText).toEqual(noneText);
        expect(foreign?.code).toBe("resolved");
        expect(foreign?.view).toMatch(/No (?:note|folder) was found\./);
        expect(await everything()).toEqual(before);
      },
    );

    test.each(scoped.map((state) => [state.name, state] as const))(
      "SEC-11: lists, totals, searches, filters and relation options of %s hold nothing of another user.",
      async (_, state) => {
        const { theirs, missing, everything, before } = await prepare();
        const ask = async (event: string, ...args: unknown[]) => {
          await using tab = await world.open("ada");
          return await answer(
            tab,
            state,
            () => tab.call(state as never, event as never, ...(args as never[])),
            args.at(-1),
          );
        };
        const offers = (event: string) => state.events[event] !== undefined;
        expect((await ask("refresh")).view).not.toContain("bob");
        if (offers("setSearch")) {
          expect((await ask("setSearch", "zebra")).view).not.toContain("bob");
          expect(await ask("setSearch", "zebra of bob")).toEqual(await ask("setSearch", "zebra of eve"));
        }
        if (offers("filter")) {
          const filtered = async (key: number) =>
            JSON.stringify(await ask("filter", { folder: key })).replaceAll(String(key), "KEY");
          expect(await filtered(theirs)).toBe(await filtered(missing));
        }
        for (const [name, { hasOptions }] of Object.entries(state.form?.fields ?? {})) {
          if (!hasOptions) continue;
          expect((await ask("searchOptions", name, "zebra")).view).not.toContain("bob");
          expect((await ask("searchOptions", name, "")).view).not.toContain("bob");
        }
        expect(await everything()).toEqual(before);
      },
    );

    test.each(scoped.map((state) => [state.name, state] as const))(
      "SEC-10: fields that %s does not declare are set by no event, write or form.",
      async (_, state) => {
        const { everything, before } = await prepare();
        await using tab = await world.open("ada");
        await tab.call(state as never, "refresh" as never);
        const model = modelOf(world, state);
        const declared = new Set(Object.values(state.form?.fields ?? {}).map(({ field }) => field));
        const undeclared = fieldInfo(model)
          .map(({ name }) => name)
          .filter((name) => !declared.has(name));
        expect(undeclared).toContain("user");
        const paths = [...undeclared, "user.username", "user.password", "folder.user", "__all__", "_crudEdited"];
        await tab.call(state as never, "startEdit" as never, 11_111 as never);
        const opened = JSON.stringify(tab.view(state as never));
        for (const name of paths) {
          const setter = `set${name.charAt(0).toUpperCase()}${name.slice(1)}`;
          const code = { code: expect.stringMatching(/^EVENT_(?:FIELD_)?UNKNOWN$/) };
          await expect(tab.write(state as never, name as never, 1 as never), name).rejects.toMatchObject(code);
          await expect(tab.call(state as never, setter as never, 1 as never), setter).rejects.toMatchObject(code);
        }
        expect(JSON.stringify(tab.view(state as never))).toBe(opened);
        if (state.events["saveForm"] !== undefined) {
          const own = () =>
            world.app.run(() =>
              objects(model).get(11_111 as never, undeclared.filter((name) => hasColumn(model, name)) as never),
            );
          const stored = await own();
          const sent = Object.fromEntries(paths.map((name) => [name, 22_222]));
          await tab.call(state as never, "saveForm" as never, { ...sent, title: "by form" } as never);
          expect(await own()).toEqual({ ...(stored as object), version: 2 });
        }
        expect(await everything()).toEqual(before);
      },
    );
  });
}

function hasColumn(model: ModelClass, name: string): boolean {
  return fieldInfo(model).some((field) => field.name === name && field.column !== "");
}
