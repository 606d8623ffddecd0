/** A node of a module's syntax tree, as the parser of Vite gives it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [name: string]: unknown;
}

/** Returns true for a node of a syntax tree. */
export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** Returns the name of an identifier, or the text of a name that is written as a string. */
export function nameOf(node: Node): string {
  return String(node["name"] ?? node["value"] ?? "");
}

/** Returns the nodes in a property of a node: a list, or a single node. */
export function nodesIn(value: unknown): Node[] {
  return [value].flat().filter(isNode);
}

/** Nodes that change nothing about the value of the expression in them. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "ChainExpression",
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSInstantiationExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** Returns the expression without brackets, `!`, `as` and other things that are not there at run time. */
export function bare(node: Node): Node {
  let inner = node;
  while (WRAPPERS.has(inner.type) && isNode(inner["expression"])) inner = inner["expression"];
  return inner;
}

/**
 * Returns the values that an expression can have: both sides of `a ? b : c`, `a ?? b` and `a || b`. Without recursion, because
 * generated code may chain thousands.
 */
export function choicesOf(node: Node): Node[] {
  const found: Node[] = [];
  const open: Node[] = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    const inner = bare(next);
    if (inner.type === "ConditionalExpression") open.push(inner["alternate"] as Node, inner["consequent"] as Node);
    else if (inner.type === "LogicalExpression") open.push(inner["right"] as Node, inner["left"] as Node);
    else found.push(inner);
  }
  return found;
}

/**
 * Returns the text of an expression that is written out, also in parts that are joined by `+`; undefined for any other.
 * Without recursion, because generated code may join thousands.
 */
export function textOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  let text = "";
  const open: Node[] = [value];
  for (let next = open.pop(); next; next = open.pop()) {
    const node = bare(next);
    if (node.type === "BinaryExpression" && node["operator"] === "+") {
      open.push(node["right"] as Node, node["left"] as Node);
      continue;
    }
    const part = literalText(node);
    if (part === undefined) return undefined;
    text += part;
  }
  return text;
}

function literalText(node: Node): string | undefined {
  if (node.type === "Literal") return typeof node["value"] === "string" ? node["value"] : undefined;
  if (node.type !== "TemplateLiteral") return undefined;
  const [only, ...others] = node["quasis"] as readonly { readonly value: { readonly cooked: string } }[];
  return others.length === 0 ? only?.value.cooked : undefined;
}

/** Returns the texts that an expression can be. */
export function textsOf(node: Node): string[] {
  return choicesOf(node).flatMap((choice) => textOf(choice) ?? []);
}

/** Returns the values of an object literal by name; of any other expression none. */
export function propertiesOf(node: Node | undefined): Map<string, Node> {
  const found = new Map<string, Node>();
  const object = node && bare(node);
  if (object?.type !== "ObjectExpression") return found;
  for (const property of nodesIn(object["properties"])) {
    if (property.type === "Property") found.set(nameOf(property["key"] as Node), property["value"] as Node);
  }
  return found;
}

/** Returns whether an expression is an object literal that lists all of its properties. */
export function isWholeObject(node: Node | undefined): boolean {
  const object = node && bare(node);
  const properties = object?.type === "ObjectExpression" ? nodesIn(object["properties"]) : undefined;
  return properties?.every(({ type, computed }) => type === "Property" && computed !== true) === true;
}

/** Returns the names that a pattern declares. */
export function boundNames(pattern: Node): string[] {
  if (pattern.type === "Identifier") return [nameOf(pattern)];
  const parts = ["elements", "properties", "argument", "left", "parameter"].flatMap((name) => nodesIn(pattern[name]));
  return parts.flatMap((part) => boundNames(part.type === "Property" ? (part["value"] as Node) : part));
}
