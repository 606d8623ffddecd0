import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { viteErrors } from "./errors.ts";

const BUILT_IN = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
`;

/**
 * The app's own `index.html` if it has one, else the built-in document.
 *
 * @throws VITE_TEMPLATE_INVALID when the app's file lacks what the framework puts its parts into.
 */
export function readTemplate(root: string): string {
  const file = join(root, "index.html");
  if (!existsSync(file)) return BUILT_IN;
  const html = readFileSync(file, "utf8");
  for (const [missing, pattern] of [
    ["</head>", /<\/head>/i],
    ["</body>", /<\/body>/i],
    [`an element with id="root"`, /\bid\s*=\s*["']?root["'\s>]/i],
  ] as const) {
    if (!pattern.test(html)) throw viteErrors.VITE_TEMPLATE_INVALID("index.html", missing);
  }
  return html;
}

/** Puts the path under which the app is hosted before the paths in a template's attributes `href` and `src`. */
export function hostedBelow(template: string, basePath: string): string {
  return template.replace(/(\s(?:href|src)=["'])\/(?!\/)/gi, (_, start: string) => `${start}${basePath}/`);
}

/** What is put into a template's head. */
export interface DocumentParts {
  /** Tells the page which build it belongs to; "development" in development. */
  readonly build: string;
  readonly script: string;
  readonly preload?: readonly string[];
  readonly styles?: readonly string[];
}

/** Puts the scripts and styles of the app into a template. Nothing inline, so that a strict Content-Security-Policy holds. */
export function assembleDocument(template: string, parts: DocumentParts): string {
  const tags = [
    `<meta name="antiphon-build" content="${parts.build}">`,
    ...(parts.styles ?? []).map((href) => `<link rel="stylesheet" crossorigin href="${href}">`),
    ...(parts.preload ?? []).map((href) => `<link rel="modulepreload" crossorigin href="${href}">`),
    `<script type="module" crossorigin src="${parts.script}"></script>`,
  ];
  const end = template.search(/<\/head>/i);
  return `${template.slice(0, end).trimEnd()}\n${tags.map((tag) => `    ${tag}\n`).join("")}  ${template.slice(end)}`;
}
