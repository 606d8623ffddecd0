import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { YEAR_SECONDS } from "../../protocol/durations.ts";
import { appErrors } from "../app-errors.ts";
import type { ShownApp } from "./document.ts";
import { answerDocument } from "./document-html.ts";
import type { Frontend } from "./frontend.ts";
import { type StaticFiles, staticFiles } from "./static-files.ts";

/** Options of {@link createFrontendBuild}. */
export interface FrontendBuildOptions {
  /** The build's folder, as `loadApp` found it. */
  readonly folder: string;
  /** Title of pages without one, if the document has none either. */
  readonly appName: string;
  /** The pages and states as they are now. */
  app(): ShownApp;
}

/** Options of {@link createFrontendTest}. */
export interface FrontendTestOptions {
  /** The app's folder. */
  readonly root: string;
  /** Title of pages without one, if the document has none either. */
  readonly appName: string;
  /** The pages and states as they are now. */
  app(): ShownApp;
}

/**
 * The front end of a built app: files of the build's `client`, compressed ahead of time, and documents.
 *
 * @throws SERVER_BUILD_MISSING when the build is not whole.
 */
export async function createFrontendBuild({ folder, appName, app }: FrontendBuildOptions): Promise<Frontend> {
  const document = join(folder, "document.html");
  let html: string;
  try {
    html = await readFile(document, "utf8");
  } catch (cause) {
    throw appErrors.SERVER_BUILD_MISSING.with({ cause }, document);
  }
  return frontendOfFiles(staticFiles(join(folder, "client"), { cacheControl }), { app, appName }, html);
}

/** The front end under test: files of `public` and documents without scripts, so that no browser bundle is needed. */
export async function createFrontendTest({ root, appName, app }: FrontendTestOptions): Promise<Frontend> {
  const { readTemplate } = await import("../../vite/index-html.ts");
  return frontendOfFiles(staticFiles(resolve(root, "public"), { cacheControl }), { app, appName }, readTemplate(root));
}

function cacheControl(path: string): string {
  // Files with a hash in their names never change.
  return path.startsWith("/_assets/") ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache";
}

function frontendOfFiles(
  files: StaticFiles,
  { app, appName }: Pick<FrontendBuildOptions, "app" | "appName">,
  html: string,
): Frontend {
  return {
    async handle(request, response) {
      if (await files.serve(request, response)) return;
      await answerDocument(request, response, { app: app(), appName, html: () => html, repeatable: true });
    },
    close: async () => {},
  };
}
