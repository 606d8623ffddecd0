import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { assembleDocument, readTemplate } from "./index-html.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "antiphon-html-"));
});
afterEach(() => rmSync(root, { recursive: true }));

describe("the template", () => {
  test("is built in when the app has none: language, viewport, root, and no script", () => {
    const html = readTemplate(root);
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('name="viewport"');
    expect(html).toContain('<div id="root"></div>');
    expect(html).not.toContain("<script");
  });

  test("is the app's own index.html when there is one", () => {
    writeFileSync(join(root, "index.html"), "<head></head><body><div id=root></div></body>");
    expect(readTemplate(root)).toContain("<div id=root>");
  });

  test.each([
    ["<body><div id='root'></div></body>", "</head>"],
    ["<head></head><div id='root'></div>", "</body>"],
    ["<head></head><body><div id='rooted'></div></body>", 'id="root"'],
  ])("%s is refused because it lacks %s", (html, missing) => {
    writeFileSync(join(root, "index.html"), html);
    expect(() => readTemplate(root)).toThrow(missing);
  });
});

test("scripts and styles come at the end of the head, and nothing inline", () => {
  const html = assembleDocument(readTemplate(root), {
    build: "b1",
    script: "/a.js",
    preload: ["/b.js"],
    styles: ["/c.css"],
  });
  expect(html.slice(html.indexOf("antiphon-build") - 12, html.indexOf("</head>") + 7)).toMatchInlineSnapshot(`
    "<meta name="antiphon-build" content="b1">
        <link rel="stylesheet" crossorigin href="/c.css">
        <link rel="modulepreload" crossorigin href="/b.js">
        <script type="module" crossorigin src="/a.js"></script>
      </head>"
  `);
});
