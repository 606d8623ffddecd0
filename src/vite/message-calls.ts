import { parseSync } from "vite";
import { ERROR_CODE } from "../errors.ts";
import { placeholdersOf } from "../protocol/messages.ts";
import { viteErrors } from "./errors.ts";
import { KeyNames } from "./key-names.ts";
import {
  bare,
  boundNames,
  choicesOf,
  isNode,
  isWholeObject,
  type Node,
  nameOf,
  nodesIn,
  propertiesOf,
  textOf,
  textsOf,
} from "./syntax-tree.ts";

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
  /** Whether the call may have other contexts, which are known at run time only. */
  readonly anyContext: boolean;
}

/** An error with a code that a source file makes. */
export interface CodedError {
  readonly code: string;
  /** Number of its parameters; undefined if that is known at run time only. */
  readonly parameters: number | undefined;
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
  /** Modules that are loaded with it. */
  readonly sources: ReadonlySet<string>;
  /** Statements that run when the module is loaded. */
  readonly body: SourceUnit;
  readonly pages: readonly FoundPage[];
  readonly errors: readonly CodedError[];
}

/**
 * Finds the keys in the text of a module: first arguments of the functions that translate (`t()` of `useI18n()` and of
 * `antiphon/i18n`, `message()` and `lazy()`, under whatever names) that are plain texts, and titles of pages.
 *
 * @throws VITE_SOURCE_INVALID for a text that cannot be parsed: its keys are not known
 * @example
 * scanModule("app.tsx", `export const Hello = () => <p>{t("Hello")}</p>;`).declared.get("Hello")?.calls; // [{ key: "Hello", … }]
 */
export function scanModule(file: string, code: string): ScannedModule {
  const { program, errors } = parseSync(file, code, { lang: langOf(file), sourceType: sourceTypeOf(file) });
  const [broken] = errors;
  if (broken) throw viteErrors.VITE_SOURCE_INVALID(file, lineAt(code, broken.labels[0]?.start ?? 0), broken.message);
  return new ModuleScan(code).read(program.body as unknown as readonly Node[]);
}

function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split("\n").length;
}

function sourceTypeOf(file: string): "module" | "commonjs" {
  return file.endsWith(".cjs") ? "commonjs" : "module";
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
  readonly #sources = new Set<string>();
  readonly #body = newUnit();
  readonly #pages: FoundPage[] = [];
  readonly #errors: CodedError[] = [];
  readonly #names = new KeyNames();

  constructor(code: string) {
    for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1)) this.#lines.push(at + 1);
  }

  read(statements: readonly Node[]): ScannedModule {
    for (const statement of statements) if (statement.type === "ImportDeclaration") this.#import(statement);
    this.#names.declareAll(statements);
    for (const statement of statements) this.#statement(statement);
    return {
      declared: this.#declared,
      imports: this.#imports,
      exports: this.#exports,
      stars: this.#stars,
      sources: this.#sources,
      body: this.#body,
      pages: this.#pages,
      errors: this.#errors,
    };
  }

  #import({ importKind, specifiers, source: from }: Node): void {
    if (importKind === "type") return;
    const source = textOf(from) ?? "";
    this.#sources.add(source);
    for (const specifier of nodesIn(specifiers)) {
      if (specifier["importKind"] === "type") continue;
      const imported = specifier["imported"];
      const name = specifier.type === "ImportDefaultSpecifier" ? "default" : isNode(imported) ? nameOf(imported) : "*";
      const local = nameOf(specifier["local"] as Node);
      this.#imports.set(local, { source, name });
      this.#names.import(local, name, source);
    }
  }

  #statement(node: Node): void {
    if (node["exportKind"] === "type") return;
    switch (node.type) {
      case "ImportDeclaration":
        return;
      case "ExportAllDeclaration":
        this.#exportAll(textOf(node["source"]) ?? "", node["exported"]);
        return;
      case "ExportDefaultDeclaration":
        this.#exports.set("default", { name: "default" });
        this.#declare(node["declaration"] as Node, "default");
        return;
      case "ExportNamedDeclaration":
        this.#exportNamed(node);
        return;
      default:
        this.#declare(node);
    }
  }

  #exportAll(source: string, exported: unknown): void {
    this.#sources.add(source);
    if (isNode(exported)) this.#exports.set(nameOf(exported), { source, name: "*" });
    else this.#stars.push(source);
  }

  #exportNamed({ declaration, specifiers, source: from }: Node): void {
    if (isNode(declaration)) for (const name of this.#declare(declaration)) this.#exports.set(name, { name });
    const source = textOf(from);
    if (source !== undefined) this.#sources.add(source);
    for (const specifier of nodesIn(specifiers)) {
      if (specifier["exportKind"] === "type") continue;
      const name = nameOf(specifier["local"] as Node);
      const exported = nameOf(specifier["exported"] as Node);
      this.#exports.set(exported, source === undefined ? { name } : { source, name });
    }
  }

  /** Takes a declaration as a unit of its own, any other statement as a part of the body. Returns the declared names. */
  #declare(node: Node, alias?: string): string[] {
    const names = nodesIn(node["declarations"]).flatMap(({ id }) => boundNames(id as Node));
    if (isNode(node["id"])) names.push(nameOf(node["id"]));
    if (alias !== undefined) names.push(alias);
    const [known] = names.flatMap((name) => this.#declared.get(name) ?? []);
    const unit = names.length === 0 ? this.#body : (known ?? newUnit());
    this.#walk(node, unit, this.#names);
    for (const name of names) this.#declared.set(name, unit);
    return names;
  }

  /** Visits a node and all below it in the order of the text. Without recursion, because generated code may nest deeply. */
  #walk(root: Node, unit: SourceUnit, around: KeyNames): void {
    const open = [{ node: root, around }];
    for (let next = open.pop(); next; next = open.pop()) {
      const { node } = next;
      const names = next.around.within(node);
      if (!this.#visit(node, unit, names)) continue;
      for (const inner of childrenOf(node).reverse()) open.push({ node: inner, around: names });
    }
  }

  /** Takes what a node itself says. Returns false if what is below it was taken already. */
  #visit(node: Node, unit: SourceUnit, names: KeyNames): boolean {
    if (node.type === "Identifier" || node.type === "JSXIdentifier") unit.names.add(nameOf(node));
    if (node.type === "ImportExpression") {
      for (const source of textsOf(node["source"] as Node)) unit.dynamic.add(source);
    }
    if (node.type === "AssignmentExpression") names.assign(node["left"] as Node, node["right"] as Node);
    if (node.type === "NewExpression") this.#error(node, names);
    return !(node.type === "CallExpression" && this.#call(node, unit, names));
  }

  /** Returns true if the call was taken apart already. */
  #call(node: Node, unit: SourceUnit, names: KeyNames): boolean {
    const callee = bare(node["callee"] as Node);
    const [first, second] = nodesIn(node["arguments"]);
    const name = nameOf(callee.type === "MemberExpression" ? (callee["property"] as Node) : callee);
    if (name === "addPage" && first && second?.type === "ObjectExpression") {
      this.#page(first, second, names);
      this.#walk(callee, unit, names);
      for (const [option, value] of propertiesOf(second)) if (option !== "title") this.#walk(value, unit, names);
      return true;
    }
    if (name === "setNotFound") this.#title(second, unit, names);
    if (callee.type === "Super") this.#error(node, names);
    if (first && names.isKeyFunction(callee)) this.#keys([first, second], unit, names);
    return false;
  }

  #keys([first, options]: readonly [Node, Node | undefined], unit: SourceUnit, names: KeyNames): void {
    const given = propertiesOf(options);
    const context = given.get("context");
    const contexts = context ? choicesOf(context).map((choice) => names.textsOf(choice)) : [];
    for (const key of names.textsOf(first)) {
      unit.calls.push({
        key,
        line: this.#lineOf(first.start),
        // Options that are not listed here, or are given elsewhere as for `message()`, may hold the count.
        counts: given.has("count") || (!isWholeObject(options) && placeholdersOf(key).includes("count")),
        ordinal: given.get("ordinal")?.["value"] === true,
        contexts: contexts.flat(),
        anyContext: contexts.some((texts) => texts.length === 0) || (options !== undefined && !isWholeObject(options)),
      });
    }
  }

  #page(component: Node, options: Node, names: KeyNames): void {
    const unit = newUnit();
    this.#walk(component, unit, names);
    this.#title(options, unit, names);
    const route = propertiesOf(options).get("route");
    const [only, ...others] = route ? names.textsOf(route) : [];
    this.#pages.push({ route: others.length === 0 ? only : undefined, unit });
  }

  #title(options: Node | undefined, unit: SourceUnit, names: KeyNames): void {
    const title = propertiesOf(options).get("title");
    if (!title) return;
    for (const key of names.textsOf(title)) {
      const line = this.#lineOf(title.start);
      unit.calls.push({ key, line, counts: false, ordinal: false, contexts: [], anyContext: false });
    }
    const [, translate] = nodesIn(title["params"]);
    if (!translate) {
      this.#walk(title, unit, names);
      return;
    }
    const inner = names.within(title);
    inner.declareKeyFunction(translate);
    this.#walk(title["body"] as Node, unit, inner);
  }

  /** Notes the code of an error that is made: `new AntiphonError("NOTE_LOCKED", …)`, or by a class that extends it. */
  #error({ callee, arguments: given }: Node, names: KeyNames): void {
    const [first, , options] = nodesIn(given);
    const isOurs = this.#imports.get(nameOf(callee as Node))?.name === "AntiphonError";
    for (const code of first ? names.textsOf(first) : []) {
      if (ERROR_CODE.test(code)) this.#errors.push({ code, parameters: isOurs ? parametersIn(options) : undefined });
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

/** The nodes below a node that may use a name. */
function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([name, child]) => {
    // The name of a property is no use of a declaration of that name.
    if (name === "property" && node["computed"] === false) return [];
    if (name === "key" && node["computed"] === false && node["shorthand"] !== true) return [];
    return nodesIn(child);
  });
}

/** The number of `params` in the options of an error; undefined if they do not show it. */
function parametersIn(options: Node | undefined): number | undefined {
  if (options === undefined) return 0;
  if (!isWholeObject(options)) return undefined;
  const given = propertiesOf(options).get("params");
  if (given === undefined) return 0;
  const items = given.type === "ArrayExpression" ? nodesIn(given["elements"]) : undefined;
  return items?.some(({ type }) => type === "SpreadElement") ? undefined : items?.length;
}
