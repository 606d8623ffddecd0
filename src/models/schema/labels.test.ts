import { p } from "@mikro-orm/core";
import { describe, expect, it } from "vitest";
import { inSentence, labelOf, modelLabel, modelLabelPlural } from "./labels.ts";
import { model } from "./model.ts";

describe("labels", () => {
  it("make words of names, and leave acronyms as they are", () => {
    expect(["createdAt", "userID", "HTMLPage", "is_superuser", "line2Text", ""].map(labelOf)).toEqual([
      "Created at",
      "User ID",
      "HTML page",
      "Is superuser",
      "Line2 text",
      "",
    ]);
    expect([inSentence("Created at"), inSentence("ID")]).toEqual(["created at", "ID"]);
  });

  it("name a model and many of its rows, in the author's words where there are some", () => {
    const id = p.integer().primary();
    class BlogPost extends model("BlogPost", { id }) {}
    class Category extends model("Category", { id }) {}
    class Box extends model("Box", { id }) {}
    class Person extends model("Person", { id }, { verboseName: "person", verboseNamePlural: "people" }) {}
    expect([BlogPost, Category, Box, Person].map(modelLabel)).toEqual(["blog post", "category", "box", "person"]);
    expect([BlogPost, Category, Box, Person].map(modelLabelPlural)).toEqual([
      "blog posts",
      "categories",
      "boxes",
      "people",
    ]);
  });
});
