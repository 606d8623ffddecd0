import { expect, test } from "vitest";
import { fillDocument } from "./document-html.ts";

const TEMPLATE = `<html>\n  <head>\n    <meta name="description" content="old">\n  </head>\n</html>`;

test("title and meta tags are escaped", () => {
  const html = fillDocument(TEMPLATE, {
    title: "</title><script>alert(1)</script>",
    meta: [{ property: "og:title", content: `"><script>` }],
  });
  expect(html).toContain("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>");
  expect(html).toContain('<meta property="og:title" content="&quot;&gt;&lt;script&gt;">');
  expect(html).not.toContain("<script>");
});

test("a page's title and meta tags take the place of the template's", () => {
  const html = fillDocument("<head><title>Old</title>\n<meta name='robots' content='all'>\n</head>", {
    title: "$& New $1",
    meta: [{ name: "robots", content: "noindex" }],
  });
  expect(html).toContain("<title>$&amp; New $1</title>");
  expect(html.match(/robots/g)).toHaveLength(1);
  expect(html).toContain("noindex");
});

test("a document without a head of its own stays as it is", () => {
  expect(fillDocument(TEMPLATE, {})).toBe(TEMPLATE);
});
