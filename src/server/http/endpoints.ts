import { channelErrors } from "../../channel/errors.ts";
import { ENDPOINTS, RESERVED_PATHS } from "../../protocol/endpoints.ts";
import { serverErrors } from "../errors.ts";
import { answerCookies } from "./cookie-endpoint.ts";
import type { Endpoint, EndpointParts, EndpointRequest } from "./endpoint.ts";
import { answerHealth } from "./health.ts";
import { answerLanguage } from "./language-endpoint.ts";
import { answerMessages } from "./messages-endpoint.ts";
import { allowMethods } from "./small-post.ts";

/** The endpoints of the framework: the dispatcher, `pathOwner()`, `antiphon routes` and `docs/reference/protocol.md` list them. */
export const endpoints: readonly Endpoint[] = [
  { path: ENDPOINTS.channel, methods: ["GET"], purpose: "the socket", handle: explainSocket },
  {
    path: ENDPOINTS.cookies,
    methods: ["POST"],
    purpose: "cookies that an event has set, against a ticket",
    handle: answerCookies,
  },
  { path: ENDPOINTS.language, methods: ["POST"], purpose: "the choice of a language", handle: answerLanguage },
  { path: ENDPOINTS.messages, methods: ["GET"], purpose: "the messages of a page", handle: answerMessages },
  {
    path: ENDPOINTS.health,
    methods: ["GET"],
    purpose: "health, for load balancers",
    anyHost: true,
    handle: answerHealth,
  },
  { path: ENDPOINTS.reload, methods: ["GET"], purpose: "the reload socket, in development only" },
];

/** Paths that belong to the framework, also below a prefix of the app: the endpoints, and those of features to come. */
export const ENDPOINT_PATHS: readonly string[] = [...endpoints.map(({ path }) => path), ENDPOINTS.upload];

/** Paths that no page and no prefix of an app may have. */
export const FRAMEWORK_PATHS: readonly string[] = [...ENDPOINT_PATHS, ...RESERVED_PATHS];

/**
 * Answers a request for a path of the framework.
 *
 * @throws SERVER_NOT_FOUND, SERVER_METHOD_NOT_ALLOWED, and what the endpoint throws
 */
export async function answerEndpoint(endpoint: Endpoint | undefined, asked: EndpointRequest): Promise<void> {
  const { request, response, path } = asked;
  if (!endpoint?.handle) throw serverErrors.SERVER_NOT_FOUND(request.method ?? "GET", path);
  allowMethods(request, response, endpoint.methods);
  await endpoint.handle(asked);
}

/** A page asks by plain HTTP why its socket does not open. */
function explainSocket({ parts }: { readonly parts: Pick<EndpointParts, "stopping"> }): never {
  throw parts.stopping() ? channelErrors.CHANNEL_CLOSING() : serverErrors.SERVER_UPGRADE_REQUIRED();
}
