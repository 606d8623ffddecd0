import { parseSync } from "vite";

/** One use of a key in a source file. */
export interface MessageCall {
  readonly key: string;
  /** Line, counted from 1. */
  readonly line: number;
  /** Whether the call gives a count, and so needs plural forms. */
  readonly counts: boolean;
  readonly ordinal: boolean;
  /** Contexts that the call names as plain texts. */
  readonly contexts: readonly string[];
}

/** A part of a module that is used as a whole: a declaration, a page's component, or the statements beside them. */
export interface SourceUnit {
  readonly calls: MessageCall[];
  /** Names that occur in it. */
  readonly names: Set<string>;
  /** Modules that it imports when it runs. */
  readonly dynamic: Set<string>;
}

/** A page that a module adds to an app. */
export interface FoundPage {
  /** Undefined if the route is not a plain text. */
  readonly route: string | undefined;
  readonly unit: SourceUnit;
}

/** What a module says about messages: per declaration, because a page uses single declarations of a module. */
export interface ScannedModule {
  readonly declared: ReadonlyMap<string, SourceUnit>;
  /** Imported names: where they come from, and what they are called there; "*" for all. */
  readonly imports: ReadonlyMap<string, { readonly source: string; readonly name: string }>;
  /** Exported names: the local name, or the name in another module. */
  readonly exports: ReadonlyMap<string, { readonly source?: string; readonly name: string }>;
  /** Modules of which everything is exported. */
  readonly stars: readonly string[];
  /** Statements that run when the module is loaded. */
  readonly body: SourceUnit;
  readonly pages: readonly FoundPage[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [name: string]: unknown;
}

/** Functions whose first argument is a key. */
const CALLEES: ReadonlySet<string> = new Set(["t", "message", "lazy"]);

/**
 * Finds the keys in the text of a module: first arguments of `t()`, `message()` and `lazy()` that are plain texts, and
 * titles of pages.
 *
 * @example
 * scanModule("app.tsx", `export const Hello = () => <p>{t("Hello")}</p>;`).declared.get("Hello")?.calls; // [{ key: "Hello", … }]
 */
export function scanModule(file: string, code: string): ScannedModule {
  const { program } = parseSync(file, code, { lang: langOf(file), sourceType: "module" });
  return new ModuleScan(code).read(program.body as unknown as readonly Node[]);
}

function langOf(file: string): "js" | "jsx" | "ts" | "tsx" {
  if (/\.[cm]?ts$/.test(file)) return "ts";
  return /\.tsx$/.test(file) ? "tsx" : "jsx";
}

const newUnit = (): SourceUnit => ({ calls: [], names: new Set(), dynamic: new Set() });

class ModuleScan {
  readonly #lines: number[] = [0];
  readonly #declared = new Map<string, SourceUnit>();
  readonly #imports = new Map<string, { source: string; name: string }>();
  readonly #exports = new Map<string, { source?: string; name: string }>();
  readonly #stars: string[] = [];
  readonly #body = newUnit();
  readonly #pages: FoundPage[] = [];
  /** Constants of the module that are plain texts. */
  readonly #texts = new Map<string, string>();

  constructor(code: string) {
    for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1)) this.#lines.push(at + 1);
  }

  read(statements: readonly Node[]): ScannedModule {
    for (const statement of statements) this.#noteTexts(statement);
    for (const statement of statements) this.#statement(statement);
    return {
      declared: this.#declared,
      imports: this.#imports,
      exports: this.#exports,
      stars: this.#stars,
      body: this.#body,
      pages: this.#pages,
    };
  }

  #noteTexts(statement: Node): void {
    const declaration = (statement["declaration"] ?? statement) as Node;
    if (declaration?.type !== "VariableDeclaration") return;
    for (const { id, init } of declaration["declarations"] as readonly { id: Node; init: Node | null }[]) {
      const text = init ? this.#textsOf(init)[0] : undefined;
      if (text !== undefined && id.type === "Identifier") this.#texts.set(String(id["name"]), text);
    }
  }

  #statement(node: Node): void {
    const source = textOf(node["source"]);
    switch (node.type) {
      case "ImportDeclaration":
        if (node["importKind"] !== "type") this.#import(node["specifiers"] as readonly Node[], source ?? "");
        return;
      case "ExportAllDeclaration":
        if (node["exportKind"] !== "type") this.#stars.push(source ?? "");
        return;
      case "ExportDefaultDeclaration":
        this.#exports.set("default", { name: "default" });
        this.#declare(node["declaration"] as Node, "default");
        return;
      case "ExportNamedDeclaration":
        if (node["declaration"]) {
          for (const name of this.#declare(node["declaration"] as Node)) this.#exports.set(name, { name });
        }
        for (const { exported, local } of node["specifiers"] as readonly { exported: Node; local: Node }[]) {
          const [to, from] = [nameOf(exported), nameOf(local)];
          this.#exports.set(to, source === undefined ? { name: from } : { source, name: from });
        }
        return;
      default:
        if (this.#declare(node).length === 0) this.#walk(node, this.#body);
    }
  }

  #import(specifiers: readonly Node[], source: string): void {
    for (const specifier of specifiers) {
      if (specifier["importKind"] === "type") continue;
      const imported = specifier["imported"] as Node | undefined;
      const name =
        specifier.type === "ImportDefaultSpecifier" ? "default" : imported === undefined ? "*" : nameOf(imported);
      this.#imports.set(nameOf(specifier["local"] as Node), { source, name });
    }
  }

  /** Takes a declaration as a unit of its own. Returns the names that it declares; none for any other statement. */
  #declare(node: Node, alias?: string): string[] {
    const unit = newUnit();
    const names: string[] = [];
    if (node.type === "VariableDeclaration") {
      for (const { id } of node["declarations"] as readonly { id: Node }[]) names.push(...boundNames(id));
    } else if (node["id"] && /^(?:Function|Class)Declaration$/.test(node.type)) names.push(nameOf(node["id"] as Node));
    if (alias !== undefined) names.push(alias);
    if (names.length === 0) return [];
    this.#walk(node, unit);
    for (const name of names) this.#declared.set(name, unit);
    return names;
  }

  #walk(node: unknown, unit: SourceUnit): void {
    if (Array.isArray(node)) {
      for (const item of node) this.#walk(item, unit);
      return;
    }
    if (!isNode(node)) return;
    if (node.type === "Identifier" || node.type === "JSXIdentifier") unit.names.add(String(node["name"]));
    if (node.type === "ImportExpression") {
      const source = textOf(node["source"]);
      if (source !== undefined) unit.dynamic.add(source);
    }
    if (node.type === "CallExpression" && this.#call(node, unit)) return;
    for (const [name, child] of Object.entries(node)) {
      // What a property is called is no use of a declaration of that name.
      if (name === "property" && node["computed"] === false) continue;
      if (name === "key" && node["computed"] === false && node["shorthand"] !== true) continue;
      if (typeof child === "object" && child !== null) this.#walk(child, unit);
    }
  }

  /** Returns true if the call was taken apart already. */
  #call(node: Node, unit: SourceUnit): boolean {
    const callee = node["callee"] as Node;
    const [first, second] = node["arguments"] as readonly (Node | undefined)[];
    const name = callee.type === "MemberExpression" ? nameOf(callee["property"] as Node) : nameOf(callee);
    if (name === "addPage" && first && second?.type === "ObjectExpression") {
      this.#page(first, second);
      this.#walk(callee, unit);
      for (const [option, value] of properties(second)) if (option !== "title") this.#walk(value, unit);
      return true;
    }
    if (name === "setNotFound" && second) this.#title(second, unit);
    if (!CALLEES.has(name) || !first) return false;
    const options = second?.type === "ObjectExpression" ? properties(second) : new Map<string, Node>();
    const context = options.get("context");
    for (const key of this.#textsOf(first)) {
      unit.calls.push({
        key,
        line: this.#lineOf(first.start),
        counts: options.has("count"),
        ordinal: options.get("ordinal")?.["value"] === true,
        contexts: context ? this.#textsOf(context) : [],
      });
    }
    return false;
  }

  #page(component: Node, options: Node): void {
    const unit = newUnit();
    this.#walk(component, unit);
    this.#title(options, unit);
    const route = properties(options).get("route");
    const [text] = route ? this.#textsOf(route) : [];
    const named = route?.type === "Identifier" ? this.#texts.get(nameOf(route)) : undefined;
    this.#pages.push({ route: text ?? named, unit });
  }

  #title(options: Node, unit: SourceUnit): void {
    const title = properties(options).get("title");
    if (!title) return;
    for (const key of this.#textsOf(title)) {
      unit.calls.push({ key, line: this.#lineOf(title.start), counts: false, ordinal: false, contexts: [] });
    }
    if (title.type !== "Literal") this.#walk(title, unit);
  }

  /** The plain texts that an expression can be. */
  #textsOf(node: Node): string[] {
    switch (node.type) {
      case "Literal":
        return typeof node["value"] === "string" ? [node["value"]] : [];
      case "TemplateLiteral": {
        const parts = node["quasis"] as readonly { value: { cooked: string } }[];
        return (node["expressions"] as readonly unknown[]).length === 0 ? parts.map(({ value }) => value.cooked) : [];
      }
      case "ConditionalExpression":
        return [node["consequent"], node["alternate"]].flatMap((side) => this.#textsOf(side as Node));
      case "LogicalExpression":
        return [node["left"], node["right"]].flatMap((side) => this.#textsOf(side as Node));
      case "BinaryExpression": {
        const [left, right] = [node["left"], node["right"]].map((side) => this.#textsOf(side as Node)[0]);
        return node["operator"] === "+" && left !== undefined && right !== undefined ? [left + right] : [];
      }
      case "ParenthesizedExpression":
      case "TSAsExpression":
      case "TSSatisfiesExpression":
        return this.#textsOf(node["expression"] as Node);
      default:
        return [];
    }
  }

  #lineOf(start: number): number {
    let [low, high] = [0, this.#lines.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lines[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

function nameOf(node: Node): string {
  return String(node["name"] ?? node["value"] ?? "");
}

function textOf(node: unknown): string | undefined {
  const value = isNode(node) ? node["value"] : undefined;
  return typeof value === "string" ? value : undefined;
}

function properties(node: Node): Map<string, Node> {
  const found = new Map<string, Node>();
  if (node.type !== "ObjectExpression") return found;
  for (const property of node["properties"] as readonly Node[]) {
    if (property.type === "Property") found.set(nameOf(property["key"] as Node), property["value"] as Node);
  }
  return found;
}

/** The names that a pattern declares. */
function boundNames(pattern: Node): string[] {
  if (pattern.type === "Identifier") return [nameOf(pattern)];
  const parts = [pattern["elements"], pattern["properties"], pattern["argument"], pattern["left"]].flat();
  return parts.filter(isNode).flatMap((part) => boundNames(part.type === "Property" ? (part["value"] as Node) : part));
}
