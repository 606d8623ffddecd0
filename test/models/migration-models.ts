import { type ModelClass, model, p } from "../../src/models/index.ts";

/** What differs between the states of the blog's models. */
export interface BlogOptions {
  /** More properties of a post. */
  readonly post?: Record<string, unknown>;
  /** Properties of a post that are left out. */
  readonly without?: readonly string[];
  /** Whether a post's author has a name that may be empty. */
  readonly nullableName?: boolean;
  /** What the model of a post is called. */
  readonly postName?: string;
  /** What its many-to-many field is called. */
  readonly labels?: string;
}

/** Models of a blog, new classes with each call: an author with posts, and labels on these. */
export function blog(options: BlogOptions = {}): ModelClass[] {
  const name = p.string().length(100);
  const Author = model("Author", {
    id: p.integer().primary(),
    name: options.nullableName ? name.nullable() : name,
    email: p.string().length(100).nullable().unique(),
  });
  const Label = model("Label", { id: p.integer().primary(), text: p.string().length(50) });
  const properties: Record<string, unknown> = {
    id: p.integer().primary(),
    title: p.string().length(100),
    body: p.text().default(""),
    status: p.enum(["draft", "published"] as const).default("draft"),
    rating: p.integer().default(0),
    author: () => p.manyToOne(Author).deleteRule("cascade"),
    editor: () => p.manyToOne(Author).nullable().deleteRule("set null"),
    [options.labels ?? "labels"]: () => p.manyToMany(Label),
    ...options.post,
  };
  for (const gone of options.without ?? []) delete properties[gone];
  const Post = model(options.postName ?? "Post", properties, { indexes: [["rating"]] as never });
  return [Author, Label, Post] as unknown as ModelClass[];
}
