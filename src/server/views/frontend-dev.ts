import { ENDPOINTS } from "../../protocol/endpoints.ts";
import type { Development } from "../../vite/development.ts";
import { isDocumentRequest, type ShownApp } from "./document.ts";
import { answerDocument } from "./document-html.ts";
import type { Frontend } from "./frontend.ts";

/** Options of {@link createFrontendDev}. */
export interface FrontendDevOptions {
  /** What `loadApp` started in development. */
  readonly development: Development;
  /** Title of pages without one, if the document has none either. */
  readonly appName: string;
  /** Path under which the app is hosted. */
  readonly basePath?: string;
  /** The pages and states as they are now; a reload replaces them. */
  app(): ShownApp;
}

/**
 * The front end in development: modules and files come from Vite, everything else is a page's document.
 *
 * Closing it leaves Vite alone: that ends with the app's source.
 */
export function createFrontendDev({ development, appName, basePath = "", app }: FrontendDevOptions): Frontend {
  return {
    async handle(request, response, { nonce }) {
      if (await development.serve(request, response)) return;
      if (response.headersSent) return;
      if (development.failure !== undefined && isDocumentRequest(request)) {
        const html = await development.failurePage(request.url ?? "/", nonce);
        response.writeHead(500, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
        response.end(request.method === "HEAD" ? undefined : html);
        return;
      }
      await answerDocument(request, response, {
        app: app(),
        appName,
        html: (url) => development.document(url, nonce),
        repeatable: false,
      });
    },
    upgrade(request) {
      const { url = "" } = request;
      if (url.split("?", 1)[0] !== ENDPOINTS.reload) return false;
      // Vite listens below its base.
      request.url = basePath + url;
      return true;
    },
    close: async () => {},
  };
}
