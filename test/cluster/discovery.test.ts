import { expect, test } from "vitest";
import { resourceExists } from "../../src/cluster/discovery.ts";
import { RESOURCES } from "../../src/domain/kube.ts";
import { clientFor, json, serve, status } from "./support/http.ts";

test("a kind exists where its group's version lists it", async () => {
  const server = await serve((request, response) => {
    if (request.path === "/api/v1")
      return json(response, 200, { kind: "APIResourceList", resources: [{ name: "pods" }, { name: "pods/log" }] });
    if (request.path === "/apis/gateway.networking.k8s.io/v1")
      return json(response, 200, { kind: "APIResourceList", resources: [{ name: "gateways" }] });
    if (request.path === "/apis/apps/v1") return json(response, 503, status(503, "ServiceUnavailable"));
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
    response.end("404 page not found\n");
  });
  const client = clientFor(server.url);
  expect(await resourceExists(client, RESOURCES.pods)).toBe(true);
  expect(await resourceExists(client, RESOURCES.httpRoutes)).toBe(false);
  expect(await resourceExists(client, RESOURCES.canaryRollouts)).toBe(false);
  await expect(resourceExists(client, RESOURCES.deployments)).rejects.toMatchObject({ kind: "retry", status: 503 });
});
