import { p } from "@mikro-orm/core";
import { describe, expect, it } from "vitest";
import { englishText } from "../../i18n/keyed-text.ts";
import { type FieldInfo, fieldInfo, fieldOf, primaryField } from "./field-info.ts";
import { Country, Label, Owner, Passport, Thing } from "./fields.fixture.ts";
import { type ModelClass, model } from "./model.ts";
import { uniqueSets, uniqueText } from "./unique-sets.ts";

const field = (name: string, of: ModelClass = Thing): FieldInfo => {
  const found = fieldOf(of, name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
};

describe("fieldInfo", () => {
  it("lists the fields in the order of their declaration, without computed properties, and without a database", () => {
    const names = fieldInfo(Thing).map((one) => one.name);
    expect(names.slice(0, 4)).toEqual(["id", "title", "nick", "note"]);
    expect(names).not.toContain("computed");
    expect(names).not.toContain("memory");
    expect(fieldInfo(Thing)).toBe(fieldInfo(class extends Thing {}));
  });

  it("knows the kind of every column", () => {
    const kinds = Object.fromEntries(fieldInfo(Thing).map((one) => [one.name, one.kind]));
    expect(kinds).toMatchObject({
      title: "text",
      note: "longText",
      count: "integer",
      tiny: "integer",
      big: "bigInteger",
      ratio: "float",
      price: "decimal",
      active: "boolean",
      day: "date",
      moment: "datetime",
      hour: "time",
      code: "uuid",
      meta: "json",
      level: "enum",
      file: "binary",
      owner: "relation",
      partner: "relation",
      children: "reverse",
      labels: "manyToMany",
    });
  });

  it("names the columns as the database will", () => {
    expect(field("createdAt").column).toBe("created_at");
    expect(field("owner").column).toBe("owner_id");
    expect(field("named").column).toBe("naming");
    expect(field("labels").column).toBe("");
    expect(field("country", Passport).column).toBe("country_code");
  });

  it("requires what has neither NULL, default nor provider", () => {
    expect(field("title")).toMatchObject({ required: true, blank: false, nullable: false, hasDefault: false });
    expect(field("nick")).toMatchObject({ required: false, blank: true, nullable: true });
    expect(field("on")).toMatchObject({ required: false, hasDefault: true, default: true });
    expect(field("note")).toMatchObject({
      required: true,
      blank: false,
      default: "none",
      editable: false,
      widget: "markdown",
    });
    expect(field("labels")).toMatchObject({ required: false, blank: true });
  });

  it("keeps keys, timestamps and versions from being written, unless the author says otherwise", () => {
    for (const name of ["id", "updatedAt", "stamp", "version", "children"])
      expect(field(name).readOnly, name).toBe(true);
    expect(field("createdAt")).toMatchObject({ auto: true, readOnly: false, editable: true, required: false });
    expect(field("id", Label)).toMatchObject({ auto: true, readOnly: true, primary: true });
    expect(field("code", Country)).toMatchObject({ auto: false, readOnly: false, required: true, primary: true });
  });

  it("knows lengths, digits and the range of each integer column", () => {
    expect(field("title").maxLength).toBe(10);
    expect(field("nick").maxLength).toBe(255);
    expect(field("note").maxLength).toBeUndefined();
    expect(field("price")).toMatchObject({ precision: 6, scale: 2 });
    expect(field("round")).toMatchObject({ precision: 10, scale: 0 });
    expect(field("tiny")).toMatchObject({ min: -128, max: 127 });
    expect(field("small")).toMatchObject({ min: -32768, max: 32767 });
    expect(field("medium")).toMatchObject({ min: -8388608, max: 8388607 });
    expect(field("count")).toMatchObject({ min: -2147483648, max: 2147483647 });
    expect(field("positive")).toMatchObject({ min: 0, max: 2147483647 });
  });

  it("gives labels, help and choices for people", () => {
    expect(field("title")).toMatchObject({ label: "Heading", helpText: "Short." });
    expect(field("updatedAt").label).toBe("Updated at");
    expect(field("state").choices).toEqual([
      { value: "new", label: "Brand new" },
      { value: "", label: "" },
      { value: "old", label: "Old" },
    ]);
    expect(field("named").enumItems).toEqual(["1st", "2nd"]);
    expect(field("extra").default).toEqual(["x"]);
  });

  it("follows relations to their target and its key", () => {
    expect(field("owner").relation).toMatchObject({ kind: "m:1", owner: true });
    expect(field("owner").relation?.target()).toBe(Owner);
    expect(field("owner").relation?.key().name).toBe("id");
    expect(field("parent").relation?.target()).toBe(Thing);
    expect(field("children").relation).toMatchObject({ kind: "1:m", owner: false });
    expect(primaryField(Passport).relation?.key().name).toBe("code");
  });

  it("knows what is unique, alone and together", () => {
    expect(field("partner").unique).toBe(true);
    expect(field("number", Passport).unique).toBe(false);
    expect(uniqueSets(Passport)).toEqual([["country"], ["number", "issuer"]]);
    expect(uniqueSets(Owner)).toEqual([["id"], ["name"]]);
    expect(englishText(uniqueText(Passport, ["number", "issuer"]))).toBe(
      "Another Passport has this number and issuer.",
    );
  });

  it("marks hidden fields and what the builder does to text", () => {
    expect(field("secret", Owner).hidden).toBe(true);
    expect(field("login")).toMatchObject({ trim: true, letterCase: "lower" });
  });

  it("refuses what databases do not store alike, with the line to write instead", () => {
    class Lists extends model("Lists", { id: p.integer().primary(), tags: p.array() }) {}
    expect(() => fieldInfo(Lists)).toThrow(/Lists\.tags .* p\.json<string\[\]>\(\)/);
    class Choices extends model("Choices", { id: p.integer().primary(), many: p.enum(["a"]).array() }) {}
    expect(() => fieldInfo(Choices)).toThrow(expect.objectContaining({ code: "MODEL_FIELD_UNSUPPORTED" }));
    const fractions = { list: [1, 0.5], object: { whole: 1, half: 0.5 }, function: () => [0.5], negative: [-0.5, "a"] };
    for (const items of Object.values(fractions)) {
      class Steps extends model("Steps", { id: p.integer().primary(), step: p.enum(items as never) }) {}
      expect(() => fieldInfo(Steps)).toThrow(/Steps\.step lists -?0\.5, .* p\.double\(\)/);
    }
    class Lost extends model("Lost", { id: p.integer().primary(), to: () => p.manyToOne(undefined as never) }) {}
    expect(() => fieldInfo(Lost)).toThrow(expect.objectContaining({ code: "MODEL_RELATION_TARGET" }));
    class Keyless extends model("Keyless", { name: p.string() }) {}
    expect(() => primaryField(Keyless)).toThrow(expect.objectContaining({ code: "MODEL_PRIMARY_KEY" }));
    for (const at of [p.datetime(6), p.datetime().length(4)])
      expect(() => model("Fine", { id: p.integer().primary(), at })).toThrow(
        /Fine\.at keeps [46] digits .* p\.datetime\(3\)/,
      );
    model("Coarse", { id: p.integer().primary(), at: p.datetime(3), on: p.datetime(0), by: p.time(6) });
    expect(() => fieldInfo(class {} as never)).toThrow(expect.objectContaining({ code: "MODEL_UNKNOWN" }));
  });
});
