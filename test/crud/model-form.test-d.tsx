import { ModelField, type ModelForm, useModelField, useModelForm } from "antiphon/react";
import { expectTypeOf } from "vitest";
import { FoldersState, ItemsState, TagsState } from "../fixtures/forms-app/src/items.state.ts";

export function Fields() {
  const form = useModelForm(ItemsState);
  expectTypeOf(form).toEqualTypeOf<ModelForm<typeof ItemsState>>();
  expectTypeOf<"title">().toExtend<(typeof form.names)[number]>();
  // A var of the list is no field of the form.
  expectTypeOf<"page">().not.toExtend<(typeof form.names)[number]>();
  expectTypeOf(useModelField(ItemsState, "priority").value).toEqualTypeOf<number | null>();
  expectTypeOf(useModelField(ItemsState, "remindAt").value).toEqualTypeOf<Date | null>();
  expectTypeOf(useModelField(ItemsState, "tags").value).toEqualTypeOf<readonly number[]>();
  expectTypeOf(useModelField(ItemsState, "size").value).toEqualTypeOf<"S" | "M" | "L" | null>();
  // Under the name of the var.
  expectTypeOf(useModelField(FoldersState, "folderName").value).toEqualTypeOf<string>();
  // @ts-expect-error: the field has another name as a var
  useModelField(FoldersState, "name");
  // @ts-expect-error: a typing mistake
  const wrong = <ModelField state={ItemsState} name="titel" />;
  // @ts-expect-error: a list without a form
  useModelForm(TagsState);
  // @ts-expect-error: a list without a form
  useModelField(TagsState, "name");
  return wrong;
}
