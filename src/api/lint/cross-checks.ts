/**
 * What a CanaryRollout and the objects around it say together: the target and the Service as far as they are among the files.
 * Absent ones may be in the cluster already. A namespace that is not written may be any.
 */
import { pathText, valueAt } from "../field-errors.ts";
import type { Policy } from "../policy.ts";
import type { Path } from "../schema/hint.ts";
import type { Manifest } from "./documents.ts";
import type { Finding } from "./finding.ts";

export interface LintedRollout {
  readonly manifest: Manifest;
  readonly policy: Policy;
}

type Json = Readonly<Record<string, unknown>>;

export function crossFindings(rollouts: readonly LintedRollout[], manifests: readonly Manifest[]): Finding[] {
  return rollouts.flatMap((rollout, index) => {
    const { target, traffic } = rollout.policy;
    const deployment = find(manifests, rollout.manifest, "Deployment", target.name);
    const service = find(manifests, rollout.manifest, "Service", traffic.service);
    return [
      ...targetIsTaken(rollout, rollouts.slice(0, index)),
      ...(deployment === undefined ? [] : deploymentFindings(deployment)),
      ...(service === undefined ? [] : serviceFindings(rollout, service, deployment)),
    ];
  });
}

function find(manifests: readonly Manifest[], near: Manifest, kind: string, name: string): Manifest | undefined {
  return manifests.find((other) => {
    const { apiVersion, metadata } = other.object;
    const known = apiVersion === (kind === "Service" ? "v1" : "apps/v1");
    return known && other.object["kind"] === kind && json(metadata)["name"] === name && sameNamespace(other, near);
  });
}

function sameNamespace(a: Manifest, b: Manifest): boolean {
  const [one, other] = [json(a.object["metadata"])["namespace"], json(b.object["metadata"])["namespace"]];
  return one === undefined || other === undefined || one === other;
}

function targetIsTaken({ manifest, policy }: LintedRollout, earlier: readonly LintedRollout[]): Finding[] {
  const rival = earlier.find((other) => other.policy.target.name === policy.target.name && sameNamespace(other.manifest, manifest));
  if (rival === undefined) return [];
  const name = String(json(rival.manifest.object["metadata"])["name"]);
  return [
    finding(
      manifest,
      ["spec", "targetRef", "name"],
      `is the target of CanaryRollout ${name} too: the oldest acts, the other never`,
      "remove one of the two",
    ),
  ];
}

function deploymentFindings(deployment: Manifest): Finding[] {
  const spec = json(deployment.object["spec"]);
  const findings: Finding[] = [];
  if (json(spec["strategy"])["type"] === "Recreate") {
    findings.push(
      finding(
        deployment,
        ["spec", "strategy", "type"],
        "says that versions must not run side by side, a canary needs both",
        "write RollingUpdate, or remove the CanaryRollout",
      ),
    );
  }
  if (spec["revisionHistoryLimit"] === 0) {
    findings.push(
      finding(
        deployment,
        ["spec", "revisionHistoryLimit"],
        "lets Kubernetes delete the ReplicaSet that a rollback needs",
        "write 1 or more, or remove it",
      ),
    );
  }
  const labels = json(json(spec["selector"])["matchLabels"]);
  const wrong = Object.entries(labels).find(([key, value]) => templateLabels(deployment)[key] !== value);
  if (wrong !== undefined) {
    const path = ["spec", "selector", "matchLabels", wrong[0]];
    findings.push(
      finding(
        deployment,
        path,
        "is not among the labels of the pod template",
        `add ${wrong[0]}: ${wrong[1]} to spec.template.metadata.labels`,
      ),
    );
  }
  return findings;
}

function serviceFindings(rollout: LintedRollout, service: Manifest, deployment: Manifest | undefined): Finding[] {
  const spec = json(service.object["spec"]);
  if (spec["type"] === "ExternalName") return [finding(service, ["spec", "type"], "means that no proxy can split its requests", ELSEWHERE)];
  if (spec["clusterIP"] === "None")
    return [finding(service, ["spec", "clusterIP"], "means that callers pick pods themselves: no proxy can split that", ELSEWHERE)];
  return [...selectorFindings(service, deployment), ...portFindings(rollout, service)];
}

const ELSEWHERE = "name a Service with a cluster IP in spec.traffic.service of the CanaryRollout";

function selectorFindings(service: Manifest, deployment: Manifest | undefined): Finding[] {
  const selector = json(json(service.object["spec"])["selector"]);
  const name = String(json(service.object["metadata"])["name"]);
  if (deployment === undefined) return [];
  const labels = templateLabels(deployment);
  const entries = Object.entries(selector);
  if (entries.length > 0 && entries.every(([key, value]) => labels[key] === value)) return [];
  const target = String(json(deployment.object["metadata"])["name"]);
  return [
    finding(
      service,
      ["spec", "selector"],
      `does not select the pods of Deployment ${target}`,
      `correct it, or name another Service than ${name} in spec.traffic.service`,
    ),
  ];
}

function portFindings({ manifest, policy }: LintedRollout, service: Manifest): Finding[] {
  const name = String(json(service.object["metadata"])["name"]);
  const listed = json(service.object["spec"])["ports"];
  const ports = (Array.isArray(listed) ? listed : []).map((port) => Number(json(port)["port"]));
  if (ports.length === 0)
    return [finding(service, ["spec", "ports"], "is empty: there are no requests to split", "add the port that clients call")];
  const { port } = policy.traffic;
  if (port === undefined && ports.length > 1) {
    return [
      finding(
        manifest,
        ["spec", "traffic", "port"],
        `is required, since Service ${name} has the ports ${ports.join(", ")}`,
        `add port: ${ports[0]} or another of them`,
      ),
    ];
  }
  if (port === undefined || ports.includes(port)) return [];
  return [
    finding(
      manifest,
      ["spec", "traffic", "port"],
      `is no port of Service ${name}, which has ${ports.join(", ")}`,
      `write ${ports.join(" or ")}`,
    ),
  ];
}

function templateLabels(deployment: Manifest): Json {
  const template = json(json(deployment.object["spec"])["template"]);
  return json(json(template["metadata"])["labels"]);
}

function finding(manifest: Manifest, path: Path, message: string, fix: string): Finding {
  return { file: manifest.file, ...manifest.at(path), path: pathText(path), value: valueAt(manifest.object, path), message, fix };
}

/** Foreign objects are read as far as they have the expected form. */
function json(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}
