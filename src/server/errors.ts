import { defineErrors } from "../errors.ts";

/** Codes of the HTTP side: prefixes, requests, documents and the server's life. */
export const serverErrors = defineErrors({
  SERVER_PREFIX_EMPTY: {
    message: (key: string) =>
      `${key} is empty. Expected a path such as "/api". Write ${key}: "/api" in antiphon.config.ts, or leave the key out.`,
  },
  SERVER_PREFIX_ROOT: {
    message: (key: string) =>
      `${key} is "/", which would hide every page of the app. Expected a path such as "/api". Write ${key}: "/api" in antiphon.config.ts.`,
  },
  SERVER_PREFIX_INVALID: {
    message: (key: string, prefix: string, reason: string) =>
      `${key} "${prefix}" cannot be a prefix: ${reason}. Expected a plain path such as "/api" or "/billing/v2".`,
  },
  SERVER_PREFIX_RESERVED: {
    message: (key: string, prefix: string, reserved: string) =>
      `${key} "${prefix}" collides with the framework's own path "${reserved}". Expected a prefix that is neither that path nor below it, for example "/api".`,
  },
  SERVER_PREFIX_DUPLICATE: {
    message: (key: string, prefix: string, other: string) =>
      `${key} "${prefix}" is already taken by ${other}. Expected each prefix once: change one of the two in antiphon.config.ts.`,
  },
  SERVER_PAGE_SHADOWED: {
    message: (route: string, owner: string) =>
      `The page "${route}" can never be shown: its path belongs to ${owner}. Expected a route outside of it. Change the page's route, or the prefix in antiphon.config.ts.`,
  },
  SERVER_BACKEND_PREFIX_MISSING: {
    message: () =>
      `src/routes.ts exists, but backendPrefix is not set, so its routes have no place. Expected a prefix. Add the line  backendPrefix: "/api",  to antiphon.config.ts.`,
  },
  SERVER_ROUTES_NOT_A_PLUGIN: {
    message: (got: string) =>
      `The default export of src/routes.ts is no Fastify plugin. Expected: export default async function routes(app: FastifyInstance) { … }. Got ${got}.`,
  },
  SERVER_ROUTES_UNKNOWN_PREFIX: {
    message: (prefix: string, known: string) =>
      `src/routes.ts holds routes for "${prefix}", which is no prefix of this app. Expected one of: ${known}. Add the line  extraPrefixes: ["${prefix}"],  to antiphon.config.ts.`,
  },
  SERVER_ROUTE_UNREACHABLE: {
    message: (method: string, url: string, owner: string) =>
      `The route ${method} ${url} of src/routes.ts can never be reached: its path belongs to ${owner}. Expected a path below backendPrefix or one of extraPrefixes. Change the path.`,
  },
  SERVER_ROUTES_FAILED: {
    message: (reason: string) => `src/routes.ts failed while its routes were registered: ${reason}`,
  },
  SERVER_FORM_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `The form could not be read: ${reason}.`,
  },
  SERVER_FORM_TOO_LARGE: {
    status: 413,
    expose: true,
    message: (limit: number) => `The form has more than ${limit} fields, or fields with too long names.`,
  },
  SERVER_FORM_FILE: {
    status: 415,
    expose: true,
    message: (name: string) =>
      `The form sends a file in "${name}", and this view takes none. To take files, register @fastify/multipart in src/routes.ts.`,
  },
  SERVER_SESSIONS_MISSING: {
    message: () =>
      "A view asked for request.session, but this server was made without sessions. Expected createServer(), which gives every app sessions.",
  },
  SERVER_HOST_REFUSED: {
    status: 421,
    expose: true,
    message: (host: string) =>
      `This server does not answer for the host "${host}". Expected its address, localhost, or a name listed in antiphon.config.ts: allowedHosts: ["${host.replace(/:\d+$/, "")}"].`,
  },
  SERVER_HOST_REPEATED: {
    status: 400,
    expose: true,
    message: () => "The request has more than one Host header. Expected one.",
  },
  SERVER_PATH_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `The request's path is refused: ${reason}.`,
  },
  SERVER_NOT_FOUND: {
    status: 404,
    expose: true,
    message: (method: string, path: string) => `Nothing answers ${method} ${path}.`,
  },
  SERVER_METHOD_NOT_ALLOWED: {
    status: 405,
    expose: true,
    message: (method: string, allowed: string) => `The method ${method} is not allowed here. Expected ${allowed}.`,
  },
  SERVER_LANGUAGE_FORM_INVALID: {
    status: 400,
    expose: true,
    message: () => "This form chooses no language. Expected the fields language and next, as a form or as JSON.",
  },
  SERVER_UPGRADE_REQUIRED: {
    status: 426,
    expose: true,
    message: () => "This path is a WebSocket. Expected an upgrade request.",
  },
  SERVER_REQUEST_REFUSED: {
    status: 400,
    expose: true,
    message: (status: string) => status,
  },
  SERVER_INTERNAL_ERROR: {
    status: 500,
    expose: true,
    message: () => "Something went wrong on the server.",
  },
  SERVER_GUARD_FAILED: {
    message: (route: string) =>
      `The guard, exists or title of the page "${route}" threw an error. Expected true, false or redirect(…) from the guard, true or false from exists, and a text from the title.`,
  },
  SERVER_REDIRECT_UNSAFE: {
    message: (route: string, to: string) =>
      `The guard of the page "${route}" redirects to "${to}", which leaves this site. Expected a path such as "/login"; for another site: redirect("https://…", { external: true }).`,
  },
  SERVER_PORT_IN_USE: {
    message: (port: number, host: string) =>
      `Port ${port} on ${host} is in use by another program (perhaps another antiphon run). Expected a free port. Stop that program, or start with --port ${port < 65535 ? port + 1 : port - 1}.`,
  },
  SERVER_PORT_REFUSED: {
    message: (port: number, host: string, reason: string) =>
      `The server cannot listen on port ${port} of ${host}: ${reason}. Expected a port that this user may open on an address of this machine. Start with --port 3000 or another --host.`,
  },
  SERVER_MOUNT_BODY: {
    message: (prefix: string) =>
      `A preParsing hook replaced the body of a request to the app mounted at "${prefix}", which reads the request itself and would not see it. Expected no preParsing hook that returns another stream around nodeHandler() and fetchHandler(). Register the mount outside of the plugin with that hook.`,
  },
  SERVER_HOOK_FAILED: {
    message: (hook: string) => `${hook} of antiphon.config.ts threw an error.`,
  },
  SERVER_UNHANDLED_REJECTION: {
    message: (handler: string | undefined) =>
      `A promise${handler === undefined ? "" : ` that ${handler} has started`} was rejected and no code handled it. The server goes on. Expected an await or a catch.`,
  },
  SERVER_CALLBACK_FAILED: {
    message: (handler: string | undefined) =>
      `A timer or callback ${handler === undefined ? "that uses a state" : `that ${handler} has started`} threw an error. The server goes on. Expected a try/catch in it, or an await in the handler.`,
  },
  SERVER_UNCAUGHT_EXCEPTION: {
    message: () => "No code caught an error, so the process cannot be trusted any more. The server stops.",
  },
  SERVER_CLOSED: {
    message: () => "The server was closed and cannot listen again. Expected a new one: call createServer() again.",
  },
});
