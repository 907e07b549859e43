/** One request, from its path to its answer. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { badRequest, methodNotAllowed, StatusError } from "../../sim/kube/status-error.ts";
import { parseBody } from "./bodies.ts";
import type { Context, Reply, ResourceRequest } from "./context.ts";
import type { Counter } from "./counts.ts";
import { discoveryReply } from "./discovery.ts";
import { objectBody, presentation } from "./forms.ts";
import { listReply } from "./listing.ts";
import { formOf } from "./negotiate.ts";
import { openApiReply } from "./openapi.ts";
import { type Authorize, REVIEW_PATH, requireAccess, reviewReply } from "./reviews.ts";
import { targetOf, verbOf } from "./routes.ts";
import { serveWatch } from "./watching.ts";
import { createReply, deleteCollectionReply, deleteReply, patchReply, updateReply } from "./writing.ts";

export interface HandlerOptions {
  readonly context: Context;
  readonly counter: Counter;
  readonly token: () => string | undefined;
  readonly authorize: () => Authorize;
}

const HEALTH = new Set(["/healthz", "/livez", "/readyz"]);
const NO_PAGE: Reply = { status: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n" };

const VERSION = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: "v1.36.3+serin.standin",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

export async function handle(options: HandlerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://standin");
  const isKnown = takeToken(url, options.token()) || isAuthorized(request, options.token());
  const { pathname } = url;
  if (HEALTH.has(pathname)) {
    send(response, { status: 200, contentType: "text/plain; charset=utf-8", body: "ok" });
    return;
  }
  try {
    if (!isKnown) {
      throw new StatusError(401, "Unauthorized", "Unauthorized");
    }
    const reply = plainReply(options, pathname, request) ?? (await resourceOrReview(options, url, request, response));
    if (reply !== undefined) {
      send(response, reply);
    }
  } catch (error) {
    send(response, refusal(error));
  }
}

function isAuthorized({ headers }: IncomingMessage, token: string | undefined): boolean {
  return token === undefined || headers.authorization === `Bearer ${token}`;
}

/** The token as the first part of the path (see `kubeconfig.ts`) is taken off. */
function takeToken(url: URL, token: string | undefined): boolean {
  const prefix = `/${token}/`;
  if (token === undefined || !url.pathname.startsWith(prefix)) {
    return false;
  }
  url.pathname = url.pathname.slice(prefix.length - 1);
  return true;
}

function plainReply({ context, counter }: HandlerOptions, path: string, request: IncomingMessage): Reply | undefined {
  if (request.method !== "GET") {
    return undefined;
  }
  const accept = request.headers.accept ?? "";
  const { kinds } = context.store;
  switch (path) {
    case "/version":
      return { status: 200, body: VERSION };
    case "/standin/requests":
      return { status: 200, body: counter.all() };
    default:
      return discoveryReply(path, accept, kinds) ?? openApiReply(path, accept, kinds);
  }
}

async function resourceOrReview(
  options: HandlerOptions,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Reply | undefined> {
  const body = await readBody(request);
  if (url.pathname === REVIEW_PATH && request.method === "POST") {
    const contentType = request.headers["content-type"] ?? "application/json";
    return reviewReply(parseBody({ body, contentType }), options.authorize());
  }
  const target = targetOf(url.pathname, options.context.store.kinds);
  if (target === undefined) {
    return NO_PAGE;
  }
  const verb = verbOf(request.method ?? "", target, url.searchParams);
  if (verb === undefined) {
    throw methodNotAllowed();
  }
  const asked: ResourceRequest = {
    ...target,
    verb,
    query: url.searchParams,
    accept: request.headers.accept ?? "",
    contentType: request.headers["content-type"] ?? "",
    userAgent: request.headers["user-agent"] ?? "",
    body,
  };
  return counted(options.counter, asked, () => {
    requireAccess(asked, options.authorize());
    return answer(asked, options.context, response);
  });
}

async function counted(counter: Counter, asked: ResourceRequest, work: () => Promise<Reply | undefined>): Promise<Reply | undefined> {
  try {
    const reply = await work();
    counter.add(asked, reply?.status ?? 200);
    return reply;
  } catch (error) {
    counter.add(asked, refusal(error).status);
    throw error;
  }
}

async function answer(request: ResourceRequest, context: Context, response: ServerResponse): Promise<Reply | undefined> {
  switch (request.verb) {
    case "get":
      return getReply(request, context);
    case "list":
      return listReply(request, context);
    case "watch":
      serveWatch(request, context, response);
      return undefined;
    case "create":
      return createReply(request, context);
    case "update":
      return updateReply(request, context);
    case "patch":
      return patchReply(request, context);
    case "delete":
      return deleteReply(request, context);
    case "deletecollection":
      return deleteCollectionReply(request, context);
  }
}

function getReply({ kind, namespace, name, subresource, accept, query }: ResourceRequest, { store }: Context): Reply {
  const form = formOf(accept);
  const object = store.get(kind, namespace, name, subresource);
  return { status: 200, body: subresource === "scale" ? object : objectBody(object, presentation(kind, form, query, store.now())) };
}

const BODY_LIMIT = 3 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > BODY_LIMIT) {
      throw new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${BODY_LIMIT}`);
    }
  }
  return Buffer.concat(chunks);
}

function refusal(error: unknown): Reply {
  const known = error instanceof StatusError ? error : asStatusError(error);
  const { code, details } = known.status;
  const wait = details?.retryAfterSeconds;
  return { status: code, body: known.status, ...(wait !== undefined && { headers: { "Retry-After": String(wait) } }) };
}

function asStatusError(error: unknown): StatusError {
  if (error instanceof SyntaxError || error instanceof URIError) {
    return badRequest(error.message);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`);
}

export function send(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) {
    response.end();
    return;
  }
  const raw = typeof reply.body === "string" || Buffer.isBuffer(reply.body);
  const bytes = raw ? Buffer.from(reply.body as string) : Buffer.from(`${JSON.stringify(reply.body)}\n`);
  response.writeHead(reply.status, {
    "Content-Type": reply.contentType ?? "application/json",
    "Content-Length": bytes.length,
    ...(reply.headers as Record<string, string | string[]> | undefined),
  });
  response.end(bytes);
}
