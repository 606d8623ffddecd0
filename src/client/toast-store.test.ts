import { expect, test } from "vitest";
import { ToastStore } from "./toast-store.ts";

test("the same notice is counted, not repeated", () => {
  const store = new ToastStore();
  for (let count = 0; count < 20; count++) store.add({ level: "error", message: "It failed." });
  expect(store.list().map(({ message, count }) => [message, count])).toEqual([["It failed.", 20]]);
});

test("at most five notices are shown, the newest last", () => {
  const store = new ToastStore();
  for (let count = 1; count <= 7; count++) store.add({ level: "info", message: `n${count}` });
  expect(store.list().map((toast) => toast.message)).toEqual(["n3", "n4", "n5", "n6", "n7"]);
});

test("errors stay longer than other notices, and a duration of its own wins", () => {
  const store = new ToastStore();
  store.add({ level: "success", message: "a" });
  store.add({ level: "error", message: "b" });
  store.add({ level: "error", message: "c", duration: 0 });
  const [success, error, sticky] = store.list().map((toast) => toast.duration);
  expect(error).toBeGreaterThan(success as number);
  expect(sticky).toBe(0);
});

test("listeners hear of each change until they leave", () => {
  const store = new ToastStore();
  let heard = 0;
  const leave = store.subscribe(() => heard++);
  store.add({ level: "info", message: "a" });
  store.dismiss(store.list()[0]?.id as number);
  leave();
  store.add({ level: "info", message: "b" });
  expect(heard).toBe(2);
});

test("the notices of a form are removed with it, those of others stay", () => {
  const store = new ToastStore();
  store.add({ level: "error", message: "Enter a name" }, "form");
  store.add({ level: "error", message: "Enter a date" }, "form");
  store.add({ level: "error", message: "It failed." }, "event");
  store.add({ level: "success", message: "Saved" });
  store.dismissOf("form", "Enter a date");
  expect(store.list().map(({ message }) => message)).toEqual(["Enter a date", "It failed.", "Saved"]);
  store.dismissOf("form");
  expect(store.list().map(({ message }) => message)).toEqual(["It failed.", "Saved"]);
});
