import { describe, expectTypeOf, it } from "vitest";
import { User } from "../auth/index.ts";
import { model, p } from "../models/index.ts";
import { ModelSerializer } from "../serializers/index.ts";
import type { ClientView, EventArgs, EventName, FieldName } from "../state/client-view.ts";
import { event } from "../state/event.ts";
import {
  type CleanValues,
  CreateMixin,
  type CrudContext,
  ListMixin,
  ModelCRUDView,
  ModelListView,
  ModelState,
  ModelView,
  type NewRow,
  UserScoped,
} from "./index.ts";

class Tag extends model("CrudTag", { id: p.integer().primary(), name: p.string() }) {}
class Category extends model("CrudCategory", { id: p.uuid().primary(), name: p.string() }) {}
class Note extends model("CrudNote", {
  id: p.integer().primary(),
  user: () => p.manyToOne(User),
  title: p.string().length(200),
  subtitle: p.string().nullable(),
  status: p.enum(["draft", "published"]).default("draft"),
  quantity: p.integer().nullable(),
  price: p.decimal().precision(8).scale(2).nullable(),
  pinned: p.boolean().default(false),
  due: p.date().nullable(),
  remindAt: p.datetime().nullable(),
  createdAt: p.datetime().onCreate(() => new Date()),
  version: p.integer().version(),
  category: () => p.manyToOne(Category).nullable(),
  tags: () => p.manyToMany(Tag),
}) {}

class NotesState extends UserScoped(
  ModelState(Note, {
    fields: [
      "title",
      "subtitle",
      "status",
      "quantity",
      "price",
      "pinned",
      "due",
      "remindAt",
      "category",
      "tags",
      "createdAt",
    ],
    listVar: "notes",
    searchFields: ["title"],
    orderingFields: ["title", "createdAt"],
    filterFields: ["status"],
    paginateBy: 20,
    relations: { category: { label: "name" } },
  }),
  "user",
) {
  static override events = { ...super.events, archive: event({ args: [] }) };
  archived = 0;
  _calls = 0;
  get count(): number {
    return this.notes.length;
  }
  archive(): void {
    this.archived++;
  }
  override async save() {
    this._calls++;
    return await super.save();
  }
  protected override getQueryset() {
    return super.getQueryset().filter({ status: "draft" });
  }
  protected override async performCreate(context: CrudContext, values: NewRow<typeof Note>) {
    return await super.performCreate(context, { ...values, quantity: 1 });
  }
  protected cleanTitle(title: string) {
    return title.trim();
  }
}

describe("Types of a ModelState", () => {
  it("The list has typed rows, and each editable field a typed var that can be empty.", () => {
    const view = {} as ClientView<typeof NotesState>;
    expectTypeOf(view.notes[0]?.status).toEqualTypeOf<"draft" | "published" | undefined>();
    expectTypeOf(view.notes[0]?.createdAt).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.notes[0]?.tags).toEqualTypeOf<readonly number[] | undefined>();
    expectTypeOf(view.title).toEqualTypeOf<string>();
    expectTypeOf(view.subtitle).toEqualTypeOf<string | null>();
    expectTypeOf(view.status).toEqualTypeOf<"draft" | "published" | null>();
    expectTypeOf(view.quantity).toEqualTypeOf<number | null>();
    expectTypeOf(view.price).toEqualTypeOf<string | null>();
    expectTypeOf(view.pinned).toEqualTypeOf<boolean>();
    expectTypeOf(view.remindAt).toEqualTypeOf<Date | null>();
    expectTypeOf(view.category).toEqualTypeOf<string | null>();
    expectTypeOf(view.tags).toEqualTypeOf<readonly number[]>();
    expectTypeOf(view.editingId).toEqualTypeOf<number | null>();
    expectTypeOf(view.fieldErrors.title).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.conflict?.title).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.totalCount).toEqualTypeOf<number>();
    expectTypeOf(view.relationOptions.category?.[0]?.label).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.count).toEqualTypeOf<number>();
    expectTypeOf<
      keyof typeof view & ("createdAt" | "setCreatedAt" | "version" | "_calls" | "cleanTitle")
    >().toBeNever();
  });

  it("Events are those of the parts, the fields, the model and the author, and no others.", () => {
    type Names = EventName<typeof NotesState>;
    expectTypeOf<Exclude<Names, `set${string}`>>().toEqualTypeOf<
      | "refresh"
      | "exists"
      | "onLoadNotes"
      | "clearSearch"
      | "filter"
      | "clearFilter"
      | "nextPage"
      | "prevPage"
      | "goToPage"
      | "paginate"
      | "create"
      | "cancelEdit"
      | "save"
      | "saveCrudNote"
      | "startEdit"
      | "load"
      | "resolveConflict"
      | "remove"
      | "deleteCrudNote"
      | "searchOptions"
      | "archive"
    >();
    expectTypeOf<EventArgs<typeof NotesState, "setStatus">>().toEqualTypeOf<[value: "draft" | "published" | null]>();
    expectTypeOf<EventArgs<typeof NotesState, "setOrdering">>().toEqualTypeOf<
      [ordering: "title" | "-title" | "createdAt" | "-createdAt" | ""]
    >();
    expectTypeOf<EventArgs<typeof NotesState, "searchOptions">>().toEqualTypeOf<[field: "category", text: string]>();
    expectTypeOf<FieldName<typeof NotesState>>().toEqualTypeOf<
      | "title"
      | "subtitle"
      | "status"
      | "quantity"
      | "price"
      | "pinned"
      | "due"
      | "remindAt"
      | "category"
      | "tags"
      | "search"
    >();
  });

  it("Parts that the options do not ask for have no vars and no events.", () => {
    class Plain extends ModelState(Note, { fields: ["title"] }) {}
    type View = ClientView<typeof Plain>;
    expectTypeOf<
      keyof View & ("search" | "page" | "ordering" | "filters" | "setSearch" | "nextPage" | "saveForm")
    >().toBeNever();
    expectTypeOf<View["data"]>().toEqualTypeOf<readonly { readonly id: number; readonly title: string }[]>();
  });

  it("Hooks may wait or not.", () => {
    class Sync extends ModelState(Note, { fields: ["title"] }) {
      protected override validateState(_context: CrudContext, data: Readonly<Record<string, unknown>>) {
        return data["title"] === "x" ? { title: "No." } : undefined;
      }
      protected override handleException(context: CrudContext, error: unknown) {
        return super.handleException(context, error);
      }
      protected override getCreateValues(_context: CrudContext, data: NewRow<typeof Note>) {
        return { ...data, quantity: 1 };
      }
    }
    expectTypeOf<Sync>().toBeObject();
  });

  it("Validators and validateState know the clean values by the names of fields.", () => {
    class Checked extends ModelState(Note, {
      fields: ["title", "status"],
      validators: [
        (data) => {
          expectTypeOf(data.status).toEqualTypeOf<"draft" | "published" | null | undefined>();
          // @ts-expect-error no field
          return data.titel === "" ? { title: "No." } : undefined;
        },
      ],
    }) {
      protected override validateState(context: CrudContext, data: CleanValues<typeof Note>) {
        expectTypeOf(data.title).toEqualTypeOf<string | null | undefined>();
        expectTypeOf(data.category).toEqualTypeOf<string | null | undefined>();
        expectTypeOf(data.tags).toEqualTypeOf<number[] | null | undefined>();
        expectTypeOf(data.remindAt).toEqualTypeOf<string | null | undefined>();
        return super.validateState(context, data);
      }
    }
    expectTypeOf<Checked>().toBeObject();
  });

  it("Wrong names and values do not compile.", () => {
    // @ts-expect-error no field
    ModelState(Note, { fields: ["titel"] });
    // @ts-expect-error no field to search in
    ModelState(Note, { fields: ["title"], searchFields: ["nothing"] });
    // @ts-expect-error no option
    ModelState(Note, { fields: ["title"], pageinateBy: 3 });
    // @ts-expect-error no such order
    ModelState(Note, { fields: ["title"], ordering: ["-nothing"] });
    const view = {} as ClientView<typeof NotesState>;
    // @ts-expect-error a var is written on the server
    view.title = "x";
    // @ts-expect-error no value of the field
    view.setStatus("deleted");
    // @ts-expect-error no event
    view.saveNotes();
    // @ts-expect-error a hook
    view.performCreate();
    view.filter({ status: "draft" });
    view.filter({ status: "" });
    view.filter({ status: ["draft", null] });
    // @ts-expect-error no item of the enum
    view.filter({ status: "payed" });
    // @ts-expect-error no item of the enum
    view.filter({ status: ["payed"] });
    // @ts-expect-error no field of the model
    UserScoped(ModelState(Note, { fields: ["title"] }), "owner");
    // @ts-expect-error no sorted field
    view.setOrdering("price");
  });
});

describe("Types of views", () => {
  const NoteSerializer = ModelSerializer(Note, {
    fields: ["title", "createdAt"],
    computed: { loud: (row) => row.title.toUpperCase() },
  });
  const CategorySerializer = ModelSerializer(Category, { fields: ["name"] });

  it("A ModelCRUDView names its members after the model, and renamed vars have their names.", () => {
    class View extends ModelCRUDView(NoteSerializer, {
      searchFields: ["title"],
      paginateBy: 10,
      count: false,
      vars: { title: "heading", list: "items" },
    }) {}
    const view = {} as ClientView<typeof View>;
    expectTypeOf(view.items[0]?.loud).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.itemsError).toEqualTypeOf<string>();
    expectTypeOf(view.itemsTotalCount).toEqualTypeOf<null>();
    expectTypeOf(view.heading).toEqualTypeOf<string>();
    expectTypeOf(view.setHeading).toBeCallableWith("x");
    expectTypeOf(view.setItemsSearch).toBeCallableWith("x");
    expectTypeOf(view.itemsFieldErrors.heading).toEqualTypeOf<string | undefined>();
  });

  it("The list of a model is called by the rules of English.", () => {
    class Categories extends ModelListView(CategorySerializer) {}
    const view = {} as ClientView<typeof Categories>;
    expectTypeOf(view.crudCategories[0]?.name).toEqualTypeOf<string | undefined>();
    expectTypeOf<EventName<typeof Categories>>().toEqualTypeOf<"refresh" | "exists" | "onLoadCrudCategories">();
  });

  it("Mixins bring their members.", () => {
    class Some extends CreateMixin(ListMixin(ModelView(CategorySerializer))) {}
    const view = {} as ClientView<typeof Some>;
    expectTypeOf(view.crudCategories[0]?.id).toEqualTypeOf<string | undefined>();
    expectTypeOf(view.name).toEqualTypeOf<string>();
    expectTypeOf<keyof typeof view & ("startEdit" | "remove")>().toBeNever();
    expectTypeOf(view.saveCrudCategory).toBeFunction();
  });
});
