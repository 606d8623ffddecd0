import { decimalText } from "../schema/numbers.ts";

/** A column, as far as its default concerns a comparison. */
interface DefaultColumn {
  readonly default?: string | null;
  readonly scale?: number;
  readonly mappedType: { readonly constructor: { readonly name: string } };
}

/** Parts of the ORM's comparator that its types do not show. */
interface Comparator {
  diffExpression(from: string | undefined, to: string | undefined): boolean;
  hasSameDefaultValue(from: DefaultColumn, to: DefaultColumn): boolean;
}

const LITERALS = /'(?:[^']|'')*'/g;

/**
 * Makes a comparator of the ORM compare literals by their characters. It is made for what a database answers, and takes
 * literals for the same that differ in case, white space or digits; both sides here are what the framework has written.
 */
export function compareExactly(comparator: object): void {
  const orm = comparator as Comparator;
  const [diffExpression, hasSameDefault] = [orm.diffExpression.bind(orm), orm.hasSameDefaultValue.bind(orm)];
  Object.assign(orm, {
    diffExpression: (from: string | undefined, to: string | undefined) =>
      diffExpression(from, to) || literalsOf(from) !== literalsOf(to),
    hasSameDefaultValue: (from: DefaultColumn, to: DefaultColumn) => {
      const [before, after] = [from.default, to.default];
      if (before == null || after == null) return hasSameDefault(from, to);
      const type = to.mappedType.constructor.name;
      if (type === "DecimalType" || type === "ExactDecimal")
        return decimalText(unquoted(before), to.scale) === decimalText(unquoted(after), to.scale);
      // These are compared as values.
      if (/^(?:StoredJson|JsonType|BooleanType|DateTimeType)$/.test(type)) return hasSameDefault(from, to);
      return before.startsWith("'") || after.startsWith("'") ? before === after : hasSameDefault(from, to);
    },
  });
}

function literalsOf(text = ""): string {
  return (text.match(LITERALS) ?? []).join(" ");
}

function unquoted(literal: string): string {
  return literal.replace(/^'(.*)'$/s, "$1");
}
