import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import sirv from "sirv";
import type { PageTable } from "../protocol/page.ts";
import { appErrors } from "./app-errors.ts";
import { answerDocument } from "./document-html.ts";
import type { Frontend } from "./frontend.ts";

/** Options of {@link createFrontendBuild} and {@link createFrontendTest}. */
export interface FrontendFilesOptions {
  /** The app's folder. */
  readonly root: string;
  /** The pages as they are now. */
  pages(): PageTable;
}

/** Seconds in a year: files with a hash in their names never change. */
const FOR_EVER = 31_536_000;

/**
 * The front end of a built app: files of `.antiphon/client`, compressed ahead of time, and documents.
 *
 * @throws SERVER_BUILD_MISSING when the app is not built.
 */
export async function createFrontendBuild({ root, pages }: FrontendFilesOptions): Promise<Frontend> {
  const folder = resolve(root, ".antiphon");
  let html: string;
  try {
    html = await readFile(join(folder, "document.html"), "utf8");
  } catch (cause) {
    throw appErrors.SERVER_BUILD_MISSING.with({ cause }, ".antiphon/document.html");
  }
  const files = sirv(join(folder, "client"), {
    brotli: true,
    gzip: true,
    etag: true,
    // Only what the listing of the start holds is served: no path of a request ever reaches the disk.
    dev: false,
    extensions: [],
    setHeaders(response, path) {
      const hashed = path.startsWith("/_assets/");
      response.setHeader("Cache-Control", hashed ? `public, max-age=${FOR_EVER}, immutable` : "no-cache");
    },
  });
  return frontendOfFiles(files, pages, html);
}

/** The front end under test: files of `public` and documents without scripts, so that no browser bundle is needed. */
export async function createFrontendTest({ root, pages }: FrontendFilesOptions): Promise<Frontend> {
  const { readTemplate } = await import("../vite/index-html.ts");
  const folder = resolve(root, "public");
  const files = existsSync(folder) ? sirv(folder, { etag: true, extensions: [] }) : undefined;
  return frontendOfFiles(files, pages, readTemplate(root));
}

function frontendOfFiles(files: ReturnType<typeof sirv> | undefined, pages: () => PageTable, html: string): Frontend {
  return {
    async handle(request, response) {
      const document = () => answerDocument(request, response, { pages: pages(), html: () => html, repeatable: true });
      if (!files) return document();
      await new Promise<void>((done, fail) => {
        response.once("close", done);
        files(request, response, () => document().then(done, fail));
      });
    },
    close: async () => {},
  };
}
