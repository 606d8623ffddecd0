import { bare, choicesOf, isNode, type Node, nameOf, nodesIn, textOf } from "./syntax-tree.ts";

/**
 * What a name stands for where keys are looked for: a function that takes a key, `useI18n`, the object that it returns, a
 * module that may have these, something of a package, or anything else.
 */
type Meaning = "key function" | "hook" | "view" | "module" | "foreign" | "other";

/** Functions of Antiphon whose first argument is a key. */
const KEY_FUNCTIONS: ReadonlySet<string> = new Set(["t", "message", "lazy"]);

/** The hook whose object has one. */
const HOOK = "useI18n";

/** Modules of Antiphon that export them, or the hook. */
const OWN_MODULES: ReadonlySet<string> = new Set(["antiphon/i18n", "antiphon/react"]);

/**
 * The names of a block of code, and which of them are functions whose first argument is a key, whatever the code calls them.
 *
 * A function called `t` counts also where it is not known where it comes from: it may be an argument, or come from a hook of
 * the app. Something of another package never counts.
 */
export class KeyNames {
  readonly #outer: KeyNames | undefined;
  readonly #meanings = new Map<string, Meaning>();
  /** Texts of the constants among the names. */
  readonly #texts = new Map<string, readonly string[]>();

  constructor(outer?: KeyNames) {
    this.#outer = outer;
  }

  /** Declares an imported name; `imported` is "*" for a whole module. */
  import(local: string, imported: string, source: string): void {
    const module = moduleAt(source);
    const meaning = imported === "*" ? module : memberOf(module, imported);
    this.#name(local, meaning === "other" && !isOfApp(source) ? "foreign" : meaning);
  }

  /** Declares the names of a pattern as functions that take a key. */
  declareKeyFunction(pattern: Node): void {
    this.#declare(pattern, "key function");
  }

  /** Declares the names of statements that stand beside each other. */
  declareAll(statements: readonly Node[]): void {
    for (const statement of statements) {
      const declaration = (statement["declaration"] ?? statement) as Node;
      if (declaration.type === "VariableDeclaration") this.#declareVariables(declaration);
      else if (/Declaration$/.test(declaration.type) && isNode(declaration["id"])) {
        this.#declare(declaration["id"], "other");
      }
    }
  }

  /** Returns the names within a node: more than here if the node declares some. */
  within(node: Node): KeyNames {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const inner = new KeyNames(this);
        for (const parameter of nodesIn(node["params"])) inner.#declare(parameter, "other");
        return inner;
      }
      case "BlockStatement":
      case "StaticBlock":
      case "TSModuleBlock":
        return this.#with(nodesIn(node["body"]));
      case "ForStatement":
        return this.#with(nodesIn(node["init"]));
      case "ForInStatement":
      case "ForOfStatement":
        return this.#with(nodesIn(node["left"]));
      case "SwitchStatement":
        return this.#with(nodesIn(node["cases"]).flatMap((each) => nodesIn(each["consequent"])));
      case "CatchClause": {
        const inner = new KeyNames(this);
        for (const parameter of nodesIn(node["param"])) inner.#declare(parameter, "other");
        return inner;
      }
      default:
        return this;
    }
  }

  /** Notes that a name has another value from now on: `say = t`. */
  assign(pattern: Node, value: Node): void {
    const meaning = this.#meaningOf(value);
    if (meaning !== "other" && meaning !== "foreign") this.#ownerOf(pattern).#declare(pattern, meaning);
  }

  /** Returns whether an expression is a function whose first argument is a key. */
  isKeyFunction(callee: Node): boolean {
    return this.#meaningOf(callee) === "key function";
  }

  /** Returns the texts that an expression can be: those that are written out, and those of constants that are. */
  textsOf(expression: Node): string[] {
    return choicesOf(expression).flatMap((choice) => {
      if (choice.type === "Identifier") return this.#textsNamed(nameOf(choice));
      return textOf(choice) ?? [];
    });
  }

  #textsNamed(name: string): readonly string[] {
    if (this.#outer && !this.#meanings.has(name)) return this.#outer.#textsNamed(name);
    return this.#texts.get(name) ?? [];
  }

  #with(statements: readonly Node[]): KeyNames {
    const inner = new KeyNames(this);
    inner.declareAll(statements);
    return inner;
  }

  #declareVariables(declaration: Node): void {
    for (const { id, init } of nodesIn(declaration["declarations"])) {
      this.#declare(id as Node, isNode(init) ? this.#meaningOf(init) : "other");
      if (declaration["kind"] === "const" && (id as Node).type === "Identifier" && isNode(init)) {
        this.#texts.set(nameOf(id as Node), this.textsOf(init));
      }
    }
  }

  #declare(pattern: Node, meaning: Meaning): void {
    switch (pattern.type) {
      case "Identifier":
        this.#name(nameOf(pattern), meaning === "other" && typeOf(pattern) === "Translate" ? "key function" : meaning);
        return;
      case "ObjectPattern":
        for (const property of nodesIn(pattern["properties"])) {
          if (property.type !== "Property") this.#declare(property["argument"] as Node, meaning);
          else this.#declare(property["value"] as Node, memberOf(meaning, nameOf(property["key"] as Node)));
        }
        return;
      case "AssignmentPattern":
        this.#declare(pattern["left"] as Node, meaning);
        return;
      default:
        for (const part of ["elements", "argument", "parameter"].flatMap((name) => nodesIn(pattern[name]))) {
          this.#declare(part, "other");
        }
    }
  }

  #name(name: string, meaning: Meaning): void {
    this.#meanings.set(name, meaning === "other" && name === "t" ? "key function" : meaning);
  }

  /** The names among which a name is declared. */
  #ownerOf(pattern: Node): KeyNames {
    const isHere = pattern.type !== "Identifier" || this.#meanings.has(nameOf(pattern));
    return isHere || !this.#outer ? this : this.#outer.#ownerOf(pattern);
  }

  #meaningOf(expression: Node): Meaning {
    const steps: Node[] = [];
    let choices = choicesOf(expression);
    // Without recursion, because generated code may chain thousands of calls.
    for (let inner = stepFrom(choices); inner; inner = stepFrom(choices)) {
      steps.push(...choices);
      choices = choicesOf(inner);
    }
    return steps.reduceRight((meaning, step) => meaningAfter(step, meaning), this.#meaningAmong(choices));
  }

  #meaningAmong(choices: readonly Node[]): Meaning {
    const [node, ...others] = choices;
    if (others.length > 0) {
      const meanings = choices.map((choice) => this.#meaningOf(choice));
      return meanings.find((meaning) => meaning !== "other" && meaning !== "foreign") ?? "other";
    }
    if (node?.type === "Identifier") return this.#lookUp(nameOf(node));
    return node?.type === "ImportExpression" ? moduleAt(textOf(node["source"]) ?? "") : "other";
  }

  #lookUp(name: string): Meaning {
    const meaning = this.#meanings.get(name);
    if (meaning !== undefined) return meaning;
    if (this.#outer) return this.#outer.#lookUp(name);
    // Nothing declares it: some tools add the imports.
    const known = memberOf("module", name);
    return known === "other" ? "foreign" : known;
  }
}

/** The expression whose meaning decides that of the only choice: the object of a property, or what is called or awaited. */
function stepFrom([node, ...others]: readonly Node[]): Node | undefined {
  if (!node || others.length > 0) return undefined;
  if (node.type === "AwaitExpression") return node["argument"] as Node;
  if (node.type === "CallExpression") {
    const callee = bare(node["callee"] as Node);
    // Nothing else that is called returns key functions. To look at each call of a long chain again would take too long.
    return callee.type === "MemberExpression" && memberName(callee) !== HOOK ? undefined : callee;
  }
  return node.type === "MemberExpression" ? (node["object"] as Node) : undefined;
}

function meaningAfter(step: Node, inner: Meaning): Meaning {
  if (step.type === "AwaitExpression") return inner;
  if (step.type === "CallExpression") return inner === "hook" ? "view" : "other";
  return memberOf(inner, memberName(step));
}

function memberName({ property, computed }: Node): string {
  return (computed === true ? textOf(property) : nameOf(property as Node)) ?? "";
}

/** Whether an import is of a file of the app, by a path or by an alias. */
function isOfApp(source: string): boolean {
  return /^[./~#]|^@\//.test(source);
}

function moduleAt(source: string): Meaning {
  return isOfApp(source) || OWN_MODULES.has(source) ? "module" : "foreign";
}

function memberOf(meaning: Meaning, name: string): Meaning {
  switch (meaning) {
    case "module":
      if (KEY_FUNCTIONS.has(name)) return "key function";
      return name === HOOK ? "hook" : "other";
    case "view":
    case "other":
      return name === "t" ? "key function" : "other";
    default:
      return "foreign";
  }
}

/** The name of the type that is written at a parameter or variable. */
function typeOf(identifier: Node): string | undefined {
  const annotation = identifier["typeAnnotation"];
  const type = isNode(annotation) ? annotation["typeAnnotation"] : undefined;
  const name = isNode(type) ? type["typeName"] : undefined;
  return isNode(name) ? nameOf(bare(name)) : undefined;
}
