/** The built-in kinds that the stand-in serves. Adding one is one line here, and rules where Kubernetes does more than keep it. */
import { coreEventRules, coreFromEvents, eventRules, eventsFromCore } from "./builtin/events.ts";
import { leaseRules } from "./builtin/leases.ts";
import { autoscalerRules, endpointSliceRules, namespaceRules, plainRules, secretRules, specRules } from "./builtin/others.ts";
import { podRules } from "./builtin/pods.ts";
import { serviceRules } from "./builtin/services.ts";
import { deploymentRules, replicaSetRules, statefulSetRules } from "./builtin/workloads.ts";
import { crdRules } from "./crd/definition.ts";
import type { Kind, ScalePaths } from "./kinds.ts";

const SCALE: ScalePaths = { spec: ".spec.replicas", status: ".status.replicas", selector: ".spec.selector" };

type Given = Pick<Kind, "group" | "version" | "plural" | "kind"> & Partial<Kind>;

function builtIn(given: Given): Kind {
  return {
    singular: given.kind.toLowerCase(),
    listKind: `${given.kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    storage: `${given.group}/${given.plural}`,
    custom: false,
    contentGroup: given.group,
    status: false,
    scale: undefined,
    unconditionalUpdate: true,
    answersDeleted: false,
    validateName: "subdomain",
    fields: [],
    columns: [],
    schema: undefined,
    rules: plainRules,
    convert: undefined,
    ...given,
  };
}

const core = (plural: string, kind: string, more: Partial<Kind> = {}) => builtIn({ group: "", version: "v1", plural, kind, ...more });
const apps = (plural: string, kind: string, more: Partial<Kind> = {}) => builtIn({ group: "apps", version: "v1", plural, kind, ...more });
const rbac = (plural: string, kind: string, namespaced: boolean) =>
  builtIn({ group: "rbac.authorization.k8s.io", version: "v1", plural, kind, namespaced, validateName: "path" });

const ALL = ["all"];
const EVENT_PARTS = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

export const builtInKinds: readonly Kind[] = [
  core("namespaces", "Namespace", {
    namespaced: false,
    shortNames: ["ns"],
    status: true,
    validateName: "label1123",
    rules: namespaceRules,
    fields: ["status.phase"],
  }),
  core("nodes", "Node", { namespaced: false, shortNames: ["no"], status: true }),
  core("pods", "Pod", {
    shortNames: ["po"],
    categories: ALL,
    status: true,
    answersDeleted: true,
    rules: podRules,
    fields: ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"],
  }),
  core("services", "Service", {
    shortNames: ["svc"],
    categories: ALL,
    status: true,
    answersDeleted: true,
    validateName: "label1035",
    rules: serviceRules,
    fields: ["spec.clusterIP", "spec.type"],
  }),
  core("configmaps", "ConfigMap", { shortNames: ["cm"] }),
  core("secrets", "Secret", { rules: secretRules, fields: ["type"] }),
  core("serviceaccounts", "ServiceAccount", { shortNames: ["sa"], answersDeleted: true }),
  core("endpoints", "Endpoints", { shortNames: ["ep"], singular: "endpoints" }),
  core("replicationcontrollers", "ReplicationController", { shortNames: ["rc"], categories: ALL, status: true, rules: specRules }),
  apps("deployments", "Deployment", { shortNames: ["deploy"], categories: ALL, status: true, scale: SCALE, rules: deploymentRules }),
  apps("replicasets", "ReplicaSet", {
    shortNames: ["rs"],
    categories: ALL,
    status: true,
    scale: SCALE,
    rules: replicaSetRules,
    fields: ["status.replicas"],
  }),
  apps("statefulsets", "StatefulSet", { shortNames: ["sts"], categories: ALL, status: true, scale: SCALE, rules: statefulSetRules }),
  apps("daemonsets", "DaemonSet", { shortNames: ["ds"], categories: ALL, status: true, rules: specRules }),
  apps("controllerrevisions", "ControllerRevision"),
  builtIn({
    group: "autoscaling",
    version: "v2",
    plural: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
    shortNames: ["hpa"],
    categories: ALL,
    status: true,
    rules: autoscalerRules,
  }),
  builtIn({ group: "batch", version: "v1", plural: "jobs", kind: "Job", categories: ALL, status: true, rules: specRules }),
  builtIn({
    group: "batch",
    version: "v1",
    plural: "cronjobs",
    kind: "CronJob",
    shortNames: ["cj"],
    categories: ALL,
    status: true,
    rules: specRules,
  }),
  builtIn({ group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", unconditionalUpdate: false, rules: leaseRules }),
  builtIn({ group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice", rules: endpointSliceRules }),
  builtIn({
    group: "events.k8s.io",
    version: "v1",
    plural: "events",
    kind: "Event",
    shortNames: ["ev"],
    contentGroup: "",
    rules: eventRules,
    fields: ["reason", "type", "reportingController", ...EVENT_PARTS.map((name) => `regarding.${name}`)],
  }),
  core("events", "Event", {
    storage: "events.k8s.io/events",
    shortNames: ["ev"],
    rules: coreEventRules,
    fields: ["reason", "type", "source", "reportingComponent", ...EVENT_PARTS.map((name) => `involvedObject.${name}`)],
    convert: { toStored: eventsFromCore, fromStored: coreFromEvents },
  }),
  builtIn({
    group: "policy",
    version: "v1",
    plural: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    shortNames: ["pdb"],
    status: true,
    rules: specRules,
  }),
  builtIn({
    group: "networking.k8s.io",
    version: "v1",
    plural: "networkpolicies",
    kind: "NetworkPolicy",
    shortNames: ["netpol"],
    rules: specRules,
  }),
  builtIn({
    group: "networking.k8s.io",
    version: "v1",
    plural: "ingresses",
    kind: "Ingress",
    shortNames: ["ing"],
    status: true,
    rules: specRules,
  }),
  rbac("roles", "Role", true),
  rbac("rolebindings", "RoleBinding", true),
  rbac("clusterroles", "ClusterRole", false),
  rbac("clusterrolebindings", "ClusterRoleBinding", false),
  builtIn({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    status: true,
    unconditionalUpdate: false,
    rules: crdRules,
  }),
];
