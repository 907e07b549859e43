import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { kubeConfigSource } from "../../src/cluster/kube-config.ts";
import type { RequestRecord } from "../../src/cluster/transport.ts";
import { ApiError, type ApiErrorKind, type KubeObject, RESOURCES } from "../../src/domain/kube.ts";
import { clientFor, json, kubeConfigFor, listen, serve, status, urlOf } from "./support/http.ts";

const { canaryRollouts, httpRoutes, deployments, services } = RESOURCES;
const ROLLOUT: KubeObject = { apiVersion: "serin.dev/v1alpha1", kind: "CanaryRollout", metadata: { name: "web", namespace: "shop" } };

async function failure(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(error)}`, { cause: error });
  return error;
}

describe("requests", () => {
  test("each verb is the request that Kubernetes expects", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const client = clientFor(server.url);
    await client.get(canaryRollouts, "shop", "web");
    await client.create(canaryRollouts, ROLLOUT);
    await client.mergePatch(services, "shop", "web", { spec: { selector: { a: "b" } } });
    await client.jsonPatch(httpRoutes, "shop", "web", [{ op: "test", path: "/metadata/resourceVersion", value: "7" }]);
    await client.patchStatus(canaryRollouts, "shop", "web", { status: { phase: "Ready" } });
    await client.delete(deployments, "shop", "web", { uid: "u1", propagation: "Orphan" });
    const seen = server.received.map(({ method, path, query, headers, body }) => [
      method,
      path,
      query.toString(),
      headers["content-type"],
      body,
    ]);
    const rollouts = "/apis/serin.dev/v1alpha1/namespaces/shop/canaryrollouts";
    expect(seen).toEqual([
      ["GET", `${rollouts}/web`, "", undefined, ""],
      ["POST", rollouts, "fieldManager=serin", "application/json", JSON.stringify(ROLLOUT)],
      [
        "PATCH",
        "/api/v1/namespaces/shop/services/web",
        "fieldManager=serin",
        "application/merge-patch+json",
        '{"spec":{"selector":{"a":"b"}}}',
      ],
      [
        "PATCH",
        "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web",
        "fieldManager=serin",
        "application/json-patch+json",
        '[{"op":"test","path":"/metadata/resourceVersion","value":"7"}]',
      ],
      ["PATCH", `${rollouts}/web/status`, "fieldManager=serin", "application/merge-patch+json", '{"status":{"phase":"Ready"}}'],
      [
        "DELETE",
        "/apis/apps/v1/namespaces/shop/deployments/web",
        "",
        "application/json",
        '{"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Orphan","preconditions":{"uid":"u1"}}',
      ],
    ]);
    expect(new Set(server.received.map(({ headers }) => headers["user-agent"]))).toEqual(new Set(["serin-test/0"]));
    expect(new Set(server.received.map(({ headers }) => headers.accept))).toEqual(new Set(["application/json"]));
  });

  test("an object comes back as the server has it, unknown fields included", async () => {
    const odd = { ...ROLLOUT, spec: { fromTheFuture: [{ x: null }] } };
    const server = await serve((_, response) => json(response, 200, odd));
    expect(await clientFor(server.url).get(canaryRollouts, "shop", "web")).toEqual(odd);
  });

  test("a server's address may carry a path", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    await clientFor(`${server.url}/k8s/clusters/c-1/`).get(canaryRollouts, "shop", "web");
    expect(server.received[0]?.path).toBe("/k8s/clusters/c-1/apis/serin.dev/v1alpha1/namespaces/shop/canaryrollouts/web");
  });

  test("a hundred calls share a few connections", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const client = clientFor(server.url);
    for (let i = 0; i < 100; i += 1) await client.get(canaryRollouts, "shop", "web");
    expect(server.connections()).toBeLessThan(4);
  });

  test("items of a list carry their kind, and the token of the next page", async () => {
    const items = [{ metadata: { name: "web", namespace: "shop" }, spec: {} }];
    const server = await serve((_, response) =>
      json(response, 200, { kind: "ServiceList", metadata: { resourceVersion: "9", continue: "next" }, items }),
    );
    const list = await clientFor(server.url).list(services, { labelSelector: "a=b", limit: 500, continue: "here" });
    expect(list).toEqual({ items: [{ apiVersion: "v1", kind: "Service", ...items[0] }], resourceVersion: "9", continue: "next" });
    expect(server.received[0]?.path).toBe("/api/v1/services");
    expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({ limit: "500", continue: "here", labelSelector: "a=b" });
  });

  test("every request is told once, with its outcome", async () => {
    const told: RequestRecord[] = [];
    const server = await serve((_, response, index) =>
      index === 0 ? json(response, 401, status(401, "Unauthorized")) : json(response, 200, ROLLOUT),
    );
    const client = clientFor(server.url, { onRequest: (record) => told.push(record) });
    await client.patchStatus(canaryRollouts, "shop", "web", {});
    const outcome = told.map((record) => [record.verb, record.resource, record.status]);
    expect(outcome).toEqual([
      ["patch", "canaryrollouts/status", 401],
      ["patch", "canaryrollouts/status", 200],
    ]);
    expect(told.every((record) => record.seconds >= 0)).toBe(true);
  });
});

describe("errors say what to do next", () => {
  const causes = { details: { causes: [{ reason: "FieldValueInvalid", field: "spec.x", message: "must be y" }] } };
  const rbac = {
    message: 'httproutes.gateway.networking.k8s.io "web" is forbidden: User "x" cannot patch resource "httproutes" in API group "g"',
  };
  const cases: readonly [string, number, object | string, Record<string, string>, ApiErrorKind, string, number?][] = [
    ["404", 404, status(404, "NotFound"), {}, "gone", "NotFound"],
    ["404 of a group that is not served", 404, "404 page not found\n", { "content-type": "text/plain; charset=utf-8" }, "gone", "404"],
    ["410", 410, status(410, "Expired"), {}, "gone", "Expired"],
    ["409", 409, status(409, "Conflict"), {}, "conflict", "Conflict"],
    ["409 of a create", 409, status(409, "AlreadyExists"), {}, "conflict", "AlreadyExists"],
    ["422 of a failed test", 422, status(422, "Invalid", { details: {} }), {}, "conflict", "Invalid"],
    ["422 with causes", 422, status(422, "Invalid", causes), {}, "invalid", "Invalid"],
    ["400", 400, status(400, "BadRequest"), {}, "invalid", "BadRequest"],
    ["403 by RBAC", 403, status(403, "Forbidden", rbac), {}, "stalled", "Forbidden"],
    ["429", 429, status(429, "TooManyRequests"), { "retry-after": "3" }, "wait", "TooManyRequests", 3000],
    ["503 with a time", 503, "", { "retry-after": "2" }, "wait", "BadAnswer", 2000],
    ["503 without one", 503, status(503, "ServiceUnavailable"), {}, "retry", "ServiceUnavailable"],
    ["500", 500, status(500, "InternalError"), {}, "retry", "InternalError"],
    ["a gateway's 404 page", 404, "<html>", { "content-type": "text/html" }, "retry", "BadAnswer"],
    ["a gateway's 403 page", 403, "<html>", { "content-type": "text/html" }, "retry", "BadAnswer"],
    ["a login page with 200", 200, "<html>sign in</html>", { "content-type": "text/html" }, "retry", "BadAnswer"],
    ["a redirect to a login page", 302, "", { location: "http://login" }, "retry", "BadAnswer"],
    ["200 with JSON that is no object", 200, "[1]", {}, "retry", "BadAnswer"],
    ["200 with an object without metadata", 200, { apiVersion: "v1", kind: "Status" }, {}, "retry", "BadAnswer"],
    ["200 cut in half", 200, '{"apiVersion":"v1","ki', {}, "retry", "BadAnswer"],
  ];
  test.each(cases)("%s", async (_name, code, body, headers, kind, reason, waitMs) => {
    const server = await serve((_, response) => {
      response.writeHead(code, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
    const error = await failure(clientFor(server.url).jsonPatch(httpRoutes, "shop", "web", []));
    expect([error.kind, error.status, error.reason, error.retryAfterMs]).toEqual([kind, code, reason, waitMs]);
    expect(error.resource).toBe(httpRoutes);
  });

  test("a missing permission names the rule to add", async () => {
    const server = await serve((_, response) => json(response, 403, status(403, "Forbidden", rbac)));
    const error = await failure(clientFor(server.url).patchStatus(canaryRollouts, "shop", "web", {}));
    expect(error.message).toBe(
      'may not patch canaryrollouts/status of serin.dev in namespace shop; add the rule {apiGroups: ["serin.dev"], resources: ["canaryrollouts/status"], verbs: ["patch"]} to the Role of Serin\'s service account',
    );
  });

  test("a refusal that no rule would mend keeps the server's words", async () => {
    const server = await serve((_, response) => json(response, 403, status(403, "Forbidden", { message: "exceeded quota: pods" })));
    const error = await failure(clientFor(server.url).create(canaryRollouts, ROLLOUT));
    expect(error.kind).toBe("stalled");
    expect(error.message).toContain("exceeded quota: pods");
    expect(error.message).not.toContain("add the rule");
  });

  test("too large resource version waits as told", async () => {
    const details = { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 };
    const server = await serve((_, response) => json(response, 504, status(504, "Timeout", { details }), { "retry-after": "1" }));
    const error = await failure(clientFor(server.url).list(services, { resourceVersion: "99999999" }));
    expect([error.kind, error.reason, error.retryAfterMs]).toEqual(["wait", "ResourceVersionTooLarge", 1000]);
  });

  test("a list without a version or with a broken item is no list", async () => {
    const answers = [
      { items: [] },
      { metadata: { resourceVersion: "1" }, items: [{ spec: {} }] },
      { metadata: { resourceVersion: "1" }, items: {} },
    ];
    const server = await serve((_, response, index) => json(response, 200, answers[index]));
    const client = clientFor(server.url);
    for (const _ of answers) expect((await failure(client.list(services, {}))).reason).toBe("BadAnswer");
  });

  test("nobody listens: retry", async () => {
    const server = createServer();
    await listen(server);
    const url = urlOf(server);
    server.close();
    await once(server, "close");
    const error = await failure(clientFor(url).get(services, "shop", "web"));
    expect([error.kind, error.status, error.reason]).toEqual(["retry", 0, "Unreachable"]);
    expect(error.message).toContain("ECONNREFUSED");
  });
});

describe("time limits", () => {
  test("a half-open connection ends at the time limit", async () => {
    const swallowing = createServer((socket) => socket.resume());
    await listen(swallowing);
    const error = await failure(clientFor(urlOf(swallowing), { timeoutMs: 100 }).get(services, "shop", "web"));
    expect([error.kind, error.status, error.reason]).toEqual(["retry", 0, "Timeout"]);
  });

  test("an answer that never ends, ends at the time limit", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"apiVersion":');
    });
    expect((await failure(clientFor(server.url, { timeoutMs: 100 }).get(services, "shop", "web"))).reason).toBe("Timeout");
  });

  test("a caller's own signal ends the call with the caller's reason", async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort(new Error("enough")));
    await expect(clientFor(server.url).mergePatch(services, "shop", "web", {}, controller.signal)).rejects.toThrow("enough");
  });
});

describe("credentials", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });
  function folder(): string {
    const made = mkdtempSync(join(tmpdir(), "serin-cluster-"));
    folders.push(made);
    return made;
  }
  function kubeConfigText(server: string, user: object): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server } }],
      users: [{ name: "u", user }],
      contexts: [{ name: "a", context: { cluster: "c", user: "u", namespace: "shop" } }],
      "current-context": "a",
    });
  }

  test("a rotated token is read again and the call repeated once", async () => {
    const tokenFile = join(folder(), "token");
    writeFileSync(tokenFile, "old\n");
    const server = await serve((request, response) => {
      if (request.headers.authorization === "Bearer new") json(response, 200, ROLLOUT);
      else json(response, 401, status(401, "Unauthorized"));
    });
    const kubeConfig = kubeConfigFor(server.url, { authProvider: { name: "tokenFile", config: { tokenFile } } });
    const client = clientFor(server.url, { kubeConfig });
    expect((await failure(client.get(services, "shop", "web"))).kind).toBe("retry");
    writeFileSync(tokenFile, "new\n");
    await client.mergePatch(canaryRollouts, "shop", "web", { spec: { x: 1 } });
    const writes = server.received.filter(({ method }) => method === "PATCH");
    expect(writes.map(({ headers, body }) => [headers.authorization, body])).toEqual([
      ["Bearer old", '{"spec":{"x":1}}'],
      ["Bearer new", '{"spec":{"x":1}}'],
    ]);
  });

  test("a token that stays refused is a retry after exactly two requests, never a stall", async () => {
    const server = await serve((_, response) => json(response, 401, status(401, "Unauthorized")));
    const error = await failure(clientFor(server.url).get(services, "shop", "web"));
    expect([error.kind, error.status, server.received.length]).toEqual(["retry", 401, 2]);
  });

  test("a kubeconfig that was rewritten is read again after a 401", async () => {
    const file = join(folder(), "config");
    const server = await serve((request, response) => {
      if (request.headers.authorization === "Bearer two") json(response, 200, ROLLOUT);
      else json(response, 401, status(401, "Unauthorized"));
    });
    writeFileSync(file, kubeConfigText(server.url, { token: "one" }));
    const client = clientFor(server.url, { kubeConfig: kubeConfigSource({ file }) });
    writeFileSync(file, kubeConfigText(server.url, { token: "two" }));
    expect((await client.get(canaryRollouts, "shop", "web")).metadata.name).toBe("web");
  });

  test("an exec plug-in runs once for a burst of calls, and once more after a 401", async () => {
    const runs = join(folder(), "runs");
    const script = `const fs=require("fs");fs.appendFileSync(${JSON.stringify(runs)},"x");
      console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1",kind:"ExecCredential",status:{token:"t"+fs.readFileSync(${JSON.stringify(runs)}).length}}))`;
    const server = await serve((request, response) => {
      if (request.headers.authorization === "Bearer t2") json(response, 200, ROLLOUT);
      else json(response, 401, status(401, "Unauthorized"));
    });
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", script] };
    const client = clientFor(server.url, { kubeConfig: kubeConfigFor(server.url, { exec }) });
    await Promise.all(Array.from({ length: 8 }, () => client.get(canaryRollouts, "shop", "web")));
    expect(server.received.filter(({ headers }) => headers.authorization === "Bearer t1")).toHaveLength(8);
    expect(server.received.filter(({ headers }) => headers.authorization === "Bearer t2")).toHaveLength(8);
  });

  test("a plug-in that fails is a retry that says so", async () => {
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", "console.error('no luck');process.exit(3)"],
    };
    const error = await failure(clientFor("", { kubeConfig: kubeConfigFor("http://127.0.0.1:9", { exec }) }).get(services, "shop", "web"));
    expect([error.kind, error.reason]).toEqual(["retry", "Credentials"]);
    expect(error.message).toContain("no luck");
  });

  test("KUBECONFIG is honoured, plain HTTP too, and a missing context is named", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const file = join(folder(), "config");
    writeFileSync(file, kubeConfigText(server.url, {}));
    vi.stubEnv("KUBECONFIG", file);
    await clientFor("", { kubeConfig: kubeConfigSource() }).get(canaryRollouts, "shop", "web");
    expect(server.received).toHaveLength(1);
    expect(kubeConfigSource({ context: "b" })).toThrow('the kubeconfig has no context "b" (it has: a)');
  });
});

describe("proxies", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test("HTTP_PROXY is honoured, and NO_PROXY keeps the API server out of it", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const proxy = await serve((_, response) => json(response, 200, { ...ROLLOUT, metadata: { name: "by-proxy" } }));
    vi.stubEnv("HTTP_PROXY", proxy.url);
    expect((await clientFor(server.url).get(canaryRollouts, "shop", "web")).metadata.name).toBe("by-proxy");
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    expect((await clientFor(server.url).get(canaryRollouts, "shop", "web")).metadata.name).toBe("web");
  });

  test("the kubeconfig's proxy-url wins over the environment", async () => {
    const proxy = await serve((_, response) => json(response, 200, { ...ROLLOUT, metadata: { name: "by-proxy" } }));
    vi.stubEnv("NO_PROXY", "*");
    const kubeConfig = kubeConfigFor("http://api.invalid:6443", {}, { proxyUrl: proxy.url });
    expect((await clientFor("", { kubeConfig }).get(canaryRollouts, "shop", "web")).metadata.name).toBe("by-proxy");
  });
});

describe("the fence", () => {
  test("no write is sent behind a closed fence, reads are", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const client = clientFor(server.url).fenced(() => false);
    const writes = [
      client.create(canaryRollouts, ROLLOUT),
      client.mergePatch(services, "shop", "web", {}),
      client.jsonPatch(services, "shop", "web", []),
      client.patchStatus(canaryRollouts, "shop", "web", {}),
      client.delete(services, "shop", "web", {}),
    ];
    for (const write of writes) expect((await failure(write)).kind).toBe("fenced");
    await client.get(services, "shop", "web");
    expect(server.received.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("the fence is asked when the connection stands, not when the call is made", async () => {
    const server = await serve((_, response) => json(response, 200, ROLLOUT));
    const target = new URL(server.url);
    let greeted: (socket: Socket) => void = () => {};
    const greeting = new Promise<Socket>((resolve) => {
      greeted = resolve;
    });
    // A SOCKS5 proxy that keeps the client waiting before it connects.
    const proxy = createServer((client) => {
      client.once("data", () => {
        client.write(Buffer.from([5, 0]));
        client.once("data", () => greeted(client));
      });
    });
    await listen(proxy);
    const { connect } = await import("node:net");
    let open = true;
    let asked = 0;
    const kubeConfig = kubeConfigFor(server.url, {}, { proxyUrl: urlOf(proxy).replace("http", "socks5") });
    const client = clientFor("", { kubeConfig }).fenced(() => {
      asked += 1;
      return open;
    });
    const write = failure(client.mergePatch(services, "shop", "web", {}));
    const waiting = await greeting;
    expect(asked).toBe(0);
    open = false;
    const upstream = connect(Number(target.port), target.hostname);
    await once(upstream, "connect");
    waiting.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    waiting.pipe(upstream).pipe(waiting);
    expect((await write).kind).toBe("fenced");
    expect(asked).toBe(1);
    expect(server.received).toEqual([]);
    upstream.destroy();
  });
});
