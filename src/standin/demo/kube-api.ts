/** The few requests that the demo itself makes, as a person with kubectl would. */
import { request } from "undici";
import type { KubeObject, Resource } from "../../domain/kube.ts";
import { pathOf } from "../mesh/mirror.ts";

export interface KubeApi {
  create(resource: Resource, object: KubeObject): Promise<void>;
  mergePatch(resource: Resource, namespace: string, name: string, patch: object): Promise<void>;
}

export function createKubeApi(server: string, token: string, userAgent: string): KubeApi {
  async function send(method: "POST" | "PATCH", path: string, contentType: string, body: object): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, "user-agent": userAgent, "content-type": contentType };
    const answer = await request(`${server}${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`);
  }
  return {
    create: (resource, object) => send("POST", pathOf(resource, object.metadata.namespace), "application/json", object),
    mergePatch: (resource, namespace, name, patch) =>
      send("PATCH", `${pathOf(resource, namespace)}/${name}`, "application/merge-patch+json", patch),
  };
}
