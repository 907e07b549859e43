/**
 * What the stores keep of each kind, beside what they all leave out. Of an EndpointSlice that is who answers for which Service: ten
 * endpoints with their zones, nodes and hints are the largest object of an application.
 */
import { type Trim, withManagersOf, withoutManagedFields } from "../cluster/trim.ts";
import type { EndpointSlice, KubeObject } from "../domain/kube.ts";
import { isAnswering, SERVICE_NAME } from "../traffic/endpoints.ts";
import type { Watched } from "./concerns.ts";

type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];

const TRIMS: Partial<Record<Watched, Trim>> = {
  deployments: withManagersOf(["spec", "progressDeadlineSeconds"], ["spec", "paused"]),
  services: withManagersOf(["spec", "selector"]),
  httpRoutes: withManagersOf(["spec", "rules"]),
  endpointSlices: whoAnswers,
};

export function trimOf(name: Watched): Trim {
  return TRIMS[name] ?? withoutManagedFields;
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
