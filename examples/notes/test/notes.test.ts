import { AuthState, Group, Permission, User } from "antiphon/auth";
import { objects } from "antiphon/models";
import { type TestApp, TestBrowser, type TestTab, testApp } from "antiphon/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AccountState } from "../src/account.state.ts";
import { NotesState } from "../src/notes.state.ts";
import { NotesViewState } from "../src/notes-view.state.ts";

const password = "correct horse";

// The real server with an empty database in memory; each test has browsers of its own.
let app: TestApp;
const queries: string[] = [];
beforeAll(async () => {
  app = await testApp({ root: `${import.meta.dirname}/..`, onQuery: (sql) => queries.push(sql) });
  await app.createUser({ username: "ada", email: "ada@example.org", password });
  await app.createUser({ username: "bob", password });
});
afterAll(() => app.close());

test("a user signs in with a name or an address and returns to the page that they asked for", async () => {
  for (const username of ["ada", "ADA@example.org"]) {
    await using tab = await app.open("/login?next=%2Fnotes");
    await tab.call(AuthState, "submitLoginForm", { username, password });
    expect(tab.url).toBe("/notes");
    expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "ada", isAuthenticated: true });
  }
});

test("a wrong password is answered on the page, and the way back leads to no other site", async () => {
  await using tab = await app.open("/login?next=//evil.example");
  await tab.call(AuthState, "submitLoginForm", { username: "ada", password: "wrong" });
  expect(tab.view(AuthState).loginError).toBe("Invalid username, email, or password.");
  await tab.call(AuthState, "submitLoginForm", { username: "ada", password });
  expect(tab.url).toBe("/notes");
});

test("a visitor signs up and is signed in", async () => {
  await using tab = await app.open("/register");
  await tab.call(AuthState, "handleRegistration", { username: "eve", password, confirm_password: password });
  expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "eve", isAuthenticated: true });
});

test("a theme is kept for a stranger, and after he has signed in", async () => {
  await using tab = await app.open("/");
  await tab.call(AccountState, "setTheme", "dark");
  await tab.call(AuthState, "submitLoginForm", { username: "ada", password });
  expect(await (await tab.fetch("/api/me")).json()).toMatchObject({ name: "ada", theme: "dark" });
});

test("a stranger is sent to sign in, by the address and by a link", async () => {
  const response = await app.fetch("/notes", { headers: { accept: "text/html" } });
  expect([response.status, response.headers.get("location")]).toEqual([302, "/login?next=%2Fnotes"]);
  await using tab = await app.open("/");
  await tab.navigate("/notes");
  expect(tab.url).toBe("/login?next=%2Fnotes");
});

/** Fills the form and saves it. */
async function save(tab: TestTab, title: string, content = ""): Promise<void> {
  await tab.call(NotesState, "setTitle", title);
  await tab.call(NotesState, "setContent", content);
  await tab.call(NotesState, "save");
}

test("users have notes of their own, whatever ids they send", async () => {
  await using ada = await app.open("/notes", { as: "ada" });
  await using bob = await app.open("/notes", { as: "bob" });
  await save(ada, " Mine ");
  const [note] = ada.view(NotesState).notes;
  expect(note?.title).toBe("Mine");
  for (const event of ["remove", "startEdit"] as const) {
    await bob.call(NotesState, event, note?.id ?? 0);
    expect(bob.view(NotesState)).toMatchObject({ error: "No note was found.", title: "", notes: [] });
  }
  expect(await (await ada.fetch("/api/notes")).json()).toEqual([{ id: note?.id, title: "Mine" }]);
  await ada.call(NotesState, "remove", note?.id ?? 0);
  expect(ada.view(NotesState).notes).toEqual([]);
});

test("a note is edited, searched, sorted and paged; what is wrong is said beside the field", async () => {
  await using tab = await app.open("/notes", { as: "ada" });
  for (let number = 1; number <= 6; number++) await save(tab, `Note ${number}`, number === 3 ? "has milk" : "");
  const titles = () => tab.view(NotesState).notes.map(({ title }) => title);
  expect(titles()).toEqual(["Note 6", "Note 5", "Note 4", "Note 3", "Note 2"]);
  await tab.call(NotesState, "nextPage");
  expect([titles(), tab.view(NotesState).pageCount]).toEqual([["Note 1"], 2]);
  await tab.call(NotesState, "setOrdering", "title");
  expect(titles()[0]).toBe("Note 1");
  await tab.call(NotesState, "setSearch", "milk");
  expect(titles()).toEqual(["Note 3"]);
  await tab.call(NotesState, "startEdit", tab.view(NotesState).notes[0]?.id ?? 0);
  await save(tab, "Same", "Same");
  expect(tab.view(NotesState).fieldErrors).toEqual({ content: "The text must differ from the title." });
  await save(tab, "", "Without a title");
  expect(tab.view(NotesState).fieldErrors).toEqual({ title: "This field is required." });
  await save(tab, "Note 3", "no longer found by that word");
  expect([titles(), tab.view(NotesState).editingId]).toEqual([[], null]);
});

test("the table shows the same notes, with members named after the model", async () => {
  await using tab = await app.open("/table", { as: "ada" });
  await tab.call(NotesViewState, "setTitle", "A table row");
  await tab.call(NotesViewState, "setContent", "three words here");
  await tab.call(NotesViewState, "saveNote");
  await tab.call(NotesViewState, "setNotesSearch", "table");
  expect(tab.view(NotesViewState)).toMatchObject({ notesTotalCount: 1, notes: [{ title: "A table row", words: 3 }] });
  await tab.call(NotesViewState, "deleteNote", tab.view(NotesViewState).notes[0]?.id ?? 0);
  expect(tab.view(NotesViewState)).toMatchObject({ notesTotalCount: 0, notes: [] });
});

test("deleting the notes of all users requires a permission, which counts at once", async () => {
  await using tab = await app.open("/notes", { as: "bob" });
  await save(tab, "Stays");
  await tab.call(NotesState, "clear");
  expect(tab.effects.at(-1)).toMatchObject({ effect: "toast", level: "error" });
  expect(tab.view(NotesState).notes.length).toBe(1);
  await app.run(async () => {
    const permission = await objects(Permission).filter({ app: "notes", codename: "delete_note" }).first();
    const group = await objects(Group).create({ name: "Cleaners" });
    await objects(Group)
      .filter({ id: group.id })
      .update({ permissions: [Number(permission?.id)] });
    await objects(User)
      .filter({ username: "bob" })
      .update({ groups: [group.id] });
  });
  await tab.call(NotesState, "clear");
  expect(tab.view(NotesState).notes).toEqual([]);
});

test("signing out in one tab signs the others out, and their rows are gone", async () => {
  const browser = new TestBrowser();
  await using one = await app.open("/notes", { browser, as: "ada" });
  await using two = await app.open("/notes", { browser });
  await save(two, "Secret");
  await one.call(AuthState, "logout");
  await expect.poll(() => two.url).toBe("/login?next=%2Fnotes");
  await expect.poll(() => two.engine.snapshot("notes.NotesState")?.["notes"] ?? []).toEqual([]);
});

test("the HTTP views sign in and out as well, and open tabs follow", async () => {
  await using tab = await app.open("/");
  const post = (path: string, body: object) =>
    tab.fetch(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  expect((await post("/api/login", { username: "ada", password: "wrong" })).status).toBe(400);
  expect(await (await post("/api/login", { username: "ada", password })).json()).toEqual({ name: "ada" });
  await tab.navigate("/notes");
  expect(tab.url).toBe("/notes");
  await post("/api/logout", {});
  await expect.poll(() => tab.url).toBe("/login?next=%2Fnotes");
});

test("an event of somebody who is signed in costs no query", async () => {
  await using tab = await app.open("/", { as: "ada" });
  await tab.call(AccountState, "open");
  queries.length = 0;
  await tab.call(AccountState, "open");
  expect(queries).toEqual([]);
});
