/**
 * What the stores keep of each kind, beside what they all leave out. Of an EndpointSlice that is who answers for which Service: ten
 * endpoints with their zones, nodes and hints are the largest object of an application. Old ReplicaSets hold the templates of old
 * versions, ten of each application: what these have in common is kept once.
 */
import { createSharing } from "../cluster/sharing.ts";
import { type Trim, withManagersOf, withoutManagedFields } from "../cluster/trim.ts";
import type { Deployment, EndpointSlice, KubeObject, ReplicaSet } from "../domain/kube.ts";
import { isAnswering, SERVICE_NAME } from "../traffic/endpoints.ts";
import type { Watched } from "./concerns.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

const share = createSharing();
const freezeManagers = withManagersOf(["spec", "progressDeadlineSeconds"], ["spec", "paused"]);

const TRIMS: Partial<Record<Watched, Trim>> = {
  deployments: (object) => withSharedTemplate(freezeManagers(object)),
  replicaSets: (object) => withSharedTemplate(withoutManagedFields(object)),
  services: withManagersOf(["spec", "selector"]),
  httpRoutes: withManagersOf(["spec", "rules"]),
  endpointSlices: whoAnswers,
};

export function trimOf(name: Watched): Trim {
  return TRIMS[name] ?? withoutManagedFields;
}

function withSharedTemplate(object: KubeObject): KubeObject {
  const { spec } = object as Deployment | ReplicaSet;
  if (spec?.template?.spec === undefined) return object;
  return { ...object, spec: { ...spec, template: { ...spec.template, spec: share(spec.template.spec) } } };
}

function whoAnswers(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, endpoints } = object as EndpointSlice;
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  const service = labels?.[SERVICE_NAME];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(service === undefined ? {} : { labels: { [SERVICE_NAME]: service } }),
    },
    endpoints: (endpoints ?? []).filter(isAnswering).map(endpointAlone),
  };
}

function endpointAlone({ addresses, targetRef }: Endpoint): Endpoint {
  const { uid, name } = targetRef ?? {};
  return {
    addresses: addresses.slice(0, 1),
    ...(uid === undefined ? {} : { targetRef: { uid, ...(name === undefined ? {} : { name }) } }),
  };
}
