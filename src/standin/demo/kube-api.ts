/** The few requests that the demo itself makes, as a person with kubectl would. */
import type { KubeObject, Resource } from "../../domain/kube.ts";
import { type ApiAccess, createAsk, pathOf, type Question } from "../api-access.ts";

export interface KubeApi {
  get(resource: Resource, namespace: string | undefined, name: string): Promise<KubeObject>;
  create(resource: Resource, object: KubeObject): Promise<void>;
  mergePatch(resource: Resource, namespace: string | undefined, name: string, patch: object): Promise<void>;
  delete(resource: Resource, namespace: string | undefined, name: string): Promise<void>;
}

/** Each rejects with what the server said where that is no success. */
export function createKubeApi(access: ApiAccess, userAgent: string): KubeApi {
  const ask = createAsk(access, userAgent);

  async function send(path: string, question: Question): Promise<KubeObject> {
    const answer = await ask(path, question);
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${question.method} ${path}: ${answer.statusCode} ${text}`);
    return JSON.parse(text) as KubeObject;
  }

  return {
    get: (resource, namespace, name) => send(pathOf(resource, namespace, name), { method: "GET" }),
    async create(resource, object) {
      await send(pathOf(resource, object.metadata.namespace), { method: "POST", body: object });
    },
    async mergePatch(resource, namespace, name, patch) {
      await send(pathOf(resource, namespace, name), { method: "PATCH", body: patch });
    },
    async delete(resource, namespace, name) {
      await send(pathOf(resource, namespace, name), { method: "DELETE" });
    },
  };
}
