/** Linkerd's injector for a real API server: a mutating webhook over TLS that gives a meshed pod its proxy when it is created. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { createPatch } from "rfc6902";
import { type KubeObject, type Pod, RESOURCES } from "../../domain/kube.ts";
import { injectProxy, wantsProxy } from "../../sim/mesh/inject.ts";
import { type ApiAccess, createAsk, pathOf } from "../api-access.ts";
import { LOOPBACK, listen } from "../forward-proxy/listen.ts";

export interface InjectorOptions {
  readonly access: ApiAccess;
  /** Served to the API server, and given to it as the one to trust. */
  readonly certificate: { readonly cert: string; readonly key: string };
}

interface AdmissionReview {
  readonly request: { readonly uid: string; readonly namespace: string; readonly object: Pod };
}

const WEBHOOKS = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  plural: "mutatingwebhookconfigurations",
  kind: "MutatingWebhookConfiguration",
};
const AGENT = "linkerd-proxy-injector (stand-in)";

/** Resolves when it listens and the API server has been told. */
export async function startInjectorWebhook({ access, certificate }: InjectorOptions): Promise<void> {
  const ask = createAsk(access, AGENT);

  async function ownerOf(resource: typeof RESOURCES.replicaSets, namespace: string, name: string): Promise<KubeObject | undefined> {
    const answer = await ask(pathOf(resource, namespace, name));
    const body = (await answer.body.json()) as KubeObject;
    return answer.statusCode === 200 ? body : undefined;
  }

  /** The owner's owner: the first and only one counts, whether it controls or not. */
  async function deploymentOf(namespace: string, pod: Pod): Promise<string | undefined> {
    const set = pod.metadata.ownerReferences?.[0];
    if (set?.kind !== "ReplicaSet") return undefined;
    const owner = (await ownerOf(RESOURCES.replicaSets, namespace, set.name))?.metadata.ownerReferences?.[0];
    return owner?.kind === "Deployment" ? owner.name : undefined;
  }

  async function review({ request: { uid, namespace, object } }: AdmissionReview): Promise<object> {
    const pod = { ...object, metadata: { ...object.metadata, namespace } };
    const patch = wantsProxy(pod) ? createPatch(pod, injectProxy(pod, await deploymentOf(namespace, pod))) : [];
    const response = { uid, allowed: true, patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") };
    return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await review(JSON.parse(Buffer.concat(chunks).toString("utf8")) as AdmissionReview);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  }

  const server = createServer(certificate, (request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const url = `https://${LOOPBACK}:${await listen(server)}/`;
  const answer = await ask(pathOf(WEBHOOKS), { method: "POST", body: configuration(url, certificate.cert) });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`the injector's webhook: ${answer.statusCode} ${text}`);
}

function configuration(url: string, cert: string): object {
  return {
    apiVersion: `${WEBHOOKS.group}/${WEBHOOKS.version}`,
    kind: WEBHOOKS.kind,
    metadata: { name: "linkerd-proxy-injector" },
    webhooks: [
      {
        name: "linkerd-proxy-injector.linkerd.io",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        clientConfig: { url, caBundle: Buffer.from(cert).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
      },
    ],
  };
}
