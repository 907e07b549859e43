/**
 * Ports that Linkerd forwards without looking into them: marked by annotation on the Service (its ports) or on the pods
 * (their container ports), as numbers, names and ranges, or by `appProtocol`.
 */
import type { PodTemplate, Service, ServicePort } from "../domain/kube.ts";

const ANNOTATION = "config.linkerd.io/opaque-ports";

/** Where the mark was found, for people; undefined: not opaque. */
export function isOpaque(service: Service, port: ServicePort, template: PodTemplate | undefined): string | undefined {
  if (port.appProtocol === "linkerd.io/opaque") return "appProtocol";
  if (lists(service.metadata.annotations?.[ANNOTATION], port.port, port.name)) return `${ANNOTATION} of the Service`;
  const container = containerPort(port, template);
  if (lists(template?.metadata?.annotations?.[ANNOTATION], container.number, container.name)) return `${ANNOTATION} of the pods`;
  return undefined;
}

/** Where a Service port leads to in the pods, by number and name as far as the template tells. */
function containerPort({ port, targetPort = port }: ServicePort, template: PodTemplate | undefined) {
  const ports = (template?.spec.containers ?? []).flatMap((container) => container.ports ?? []);
  const found = ports.find(({ name, containerPort: number }) => name === targetPort || number === targetPort);
  return { number: found?.containerPort ?? (typeof targetPort === "number" ? targetPort : undefined), name: found?.name };
}

function lists(annotation: string | undefined, port: number | undefined, name: string | undefined): boolean {
  return (annotation ?? "").split(",").some((entry) => {
    const item = entry.trim();
    const range = /^(\d+)(?:-(\d+))?$/.exec(item);
    if (range === null) return item !== "" && item === name;
    return port !== undefined && port >= Number(range[1]) && port <= Number(range[2] ?? range[1]);
  });
}
