import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { pageTable } from "../../protocol/page.ts";
import { StateRegistry } from "../../state/registry.ts";
import { answerDocument, fillDocument } from "./document-html.ts";

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

test("the title of pages without one is the template's, else the app's name; a page's own title names it", () => {
  const bare = "<head>\n</head>";
  expect(fillDocument(bare, {}, "A & B")).toContain("<title>A &amp; B</title>");
  expect(fillDocument(bare, { title: "Page" }, "A & B")).toMatch(
    /<title>Page<\/title>\s+<meta name="antiphon-title" content="A &amp; B">/,
  );
  const titled = '<head><title>\n  The "app" &amp; more\n</title>\n</head>';
  expect(fillDocument(titled, {}, "A & B")).toBe(titled);
  const html = fillDocument(titled, { title: "Page" }, "A & B");
  expect(html).toContain('<meta name="antiphon-title" content="The &quot;app&quot; &amp; more">');
  expect(html.match(/<title/g)).toHaveLength(1);
});

test("a document without a head of its own stays as it is", () => {
  expect(fillDocument(TEMPLATE, {})).toBe(TEMPLATE);
});

test("a refused page's document says so, and tells neither its title nor its meta tags", async () => {
  const page = { route: "/secret", title: "The plan", meta: [{ name: "topic", content: "plan" }], guard: () => false };
  const sent: { status?: number; body?: string } = {};
  const response = {
    setHeader: () => response,
    writeHead: (status: number) => Object.assign(sent, { status }),
    end: (body: string) => Object.assign(sent, { body }),
  };
  await answerDocument(
    { method: "GET", url: "/secret?x=<b>", headers: { accept: "text/html" } } as IncomingMessage,
    response as unknown as ServerResponse,
    {
      app: { pages: pageTable([page]), states: new StateRegistry([]) },
      appName: "",
      html: () => TEMPLATE,
      repeatable: true,
    },
  );
  expect(sent.status).toBe(403);
  expect(sent.body).toContain('<meta name="antiphon-refused" content="The page /secret is not open to you.">');
  expect(sent.body).not.toContain("plan");
});
