import { request as httpRequest } from "node:http";

/** How a request of a test is sent. */
export interface BrowserRequest extends RequestInit {
  /**
   * As if the address was typed in or a link was followed: the server is told that a browser navigates and takes HTML, so
   * that a guarded view answers with the way to its login page.
   */
  readonly navigate?: boolean;
}

/** What a browser says of itself when a person goes to an address. */
const NAVIGATION = {
  accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
  "sec-fetch-dest": "document",
  "sec-fetch-mode": "navigate",
};

/** Sends a request to a server of this machine; redirects are returned, not followed. */
export async function browserFetch(url: URL, { navigate = false, ...init }: BrowserRequest): Promise<Response> {
  if (!navigate) return await fetch(url, { redirect: "manual", ...init });
  // Method, headers and body as `fetch` would send them, but for its word that a script asks.
  const { method, headers, body } = new Request(url, init);
  for (const [name, value] of Object.entries(NAVIGATION)) if (!headers.has(name)) headers.set(name, value);
  const content = body === null ? undefined : Buffer.from(await new Response(body).arrayBuffer());
  return await new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers: Object.fromEntries(headers) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      answer.on("end", () => {
        const { statusCode: status = 500, statusMessage: statusText = "" } = answer;
        const received = new Headers();
        for (let index = 0; index < answer.rawHeaders.length; index += 2) {
          received.append(answer.rawHeaders[index] ?? "", answer.rawHeaders[index + 1] ?? "");
        }
        const isEmpty = chunks.length === 0 || status === 204 || status === 304;
        resolve(new Response(isEmpty ? null : Buffer.concat(chunks), { status, statusText, headers: received }));
      });
    });
    request.on("error", reject).end(content);
  });
}
