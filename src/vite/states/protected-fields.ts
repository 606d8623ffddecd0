import { type ESTree, type Plugin, parseSync, Visitor } from "vite";
import { cleanId, isStateModule, shortPath } from "../app-files.ts";
import { atPlace, viteErrors } from "../errors.ts";

/** A class member that TypeScript hides and the browser would get. */
export interface ExposedMember {
  readonly className: string;
  readonly name: string;
  readonly keyword: "protected" | "private";
  readonly kind: "field" | "getter" | "constructor parameter";
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 0. */
  readonly column: number;
}

/**
 * Finds the fields and getters of a module that are `protected` or `private` for TypeScript only.
 *
 * Those keywords are erased: at run time such a field is a var and such a getter a computed var like any other. Names
 * that begin with `_` or `#` are hidden at run time as well, so they are fine; so are methods, static and declared members.
 * Source that does not parse has none: the compiler reports it better.
 */
export function exposedMembers(source: string, file: string): ExposedMember[] {
  const lang = /\.[cm]?tsx?$/.exec(file)?.[0].endsWith("x") ? "tsx" : "ts";
  const { program, errors } = parseSync(file, source, { lang, astType: "ts", sourceType: "module" });
  if (errors.length > 0) return [];
  const found: ExposedMember[] = [];
  const visitClass = (node: ESTree.Class) => {
    for (const member of node.body.body) {
      for (const exposed of exposedBy(member)) {
        found.push({ ...exposed, className: node.id?.name ?? "the class", ...position(source, exposed.start) });
      }
    }
  };
  new Visitor({ ClassDeclaration: visitClass, ClassExpression: visitClass }).visit(program);
  return found.map(({ className, name, keyword, kind, line, column }) => {
    return { className, name, keyword, kind, line, column };
  });
}

/**
 * Stops modules that declare state classes with a field or getter that only TypeScript hides.
 *
 * @throws VITE_PROTECTED_FIELD from its transform, with the file, class, name, line and the spelling that hides it.
 */
export function protectedFields(root: string): Plugin {
  return {
    name: "antiphon:protected-fields",
    enforce: "pre",
    applyToEnvironment: (environment) => environment.config.consumer === "server",
    transform: {
      filter: { id: /\.[cm]?tsx?(?:$|\?)/, code: /\b(?:protected|private)\b/ },
      handler(code, id) {
        const file = cleanId(id);
        // A base class of a state need not stand in a state module.
        if (!isStateModule(file) && !code.includes("antiphon/state")) return;
        const member = exposedMembers(code, file)[0];
        if (!member) return;
        const place = `${shortPath(root, file)}:${member.line}`;
        const error = viteErrors.VITE_PROTECTED_FIELD(
          place,
          member.className,
          member.kind,
          member.keyword,
          member.name,
        );
        throw atPlace(error, { file, line: member.line, column: member.column });
      },
    },
  };
}

interface Found {
  readonly name: string;
  readonly keyword: "protected" | "private";
  readonly kind: ExposedMember["kind"];
  readonly start: number;
}

function exposedBy(member: ESTree.ClassElement): Found[] {
  switch (member.type) {
    case "PropertyDefinition":
    case "AccessorProperty": {
      if (member.static || member.declare) return [];
      return hiddenByTypeOnly(member, "field");
    }
    case "MethodDefinition": {
      if (member.kind === "constructor") return member.value.params.flatMap(exposedByParameter);
      return member.kind === "get" && !member.static ? hiddenByTypeOnly(member, "getter") : [];
    }
    default:
      return [];
  }
}

function hiddenByTypeOnly(
  member: ESTree.PropertyDefinition | ESTree.AccessorProperty | ESTree.MethodDefinition,
  kind: ExposedMember["kind"],
): Found[] {
  const keyword = member.accessibility;
  if (keyword !== "protected" && keyword !== "private") return [];
  const name = keyName(member.key, member.computed);
  return name === undefined || name.startsWith("_") ? [] : [{ name, keyword, kind, start: member.key.start }];
}

function exposedByParameter(parameter: ESTree.ParamPattern): Found[] {
  if (parameter.type !== "TSParameterProperty") return [];
  const keyword = parameter.accessibility;
  if (keyword !== "protected" && keyword !== "private") return [];
  const target = parameter.parameter.type === "AssignmentPattern" ? parameter.parameter.left : parameter.parameter;
  if (target.type !== "Identifier" || target.name.startsWith("_")) return [];
  return [{ name: target.name, keyword, kind: "constructor parameter", start: target.start }];
}

function keyName(key: ESTree.PropertyKey, computed: boolean): string | undefined {
  if (key.type === "Identifier" && !computed) return key.name;
  return key.type === "Literal" && typeof key.value === "string" ? key.value : undefined;
}

function position(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)?.length ?? 0 };
}
