/** Which columns `kubectl get` shows for a kind, and how its cells are made. Kinds that are not listed show name and age. */
import { isObject, type Json, listOf, objectsOf, part } from "../../sim/kube/json.ts";
import type { Kind } from "../../sim/kube/kinds.ts";
import { ageText } from "./age.ts";
import { batchColumns } from "./batch-columns.ts";
import {
  AGE,
  age,
  type BuiltInColumns,
  type Column,
  type Columns,
  column,
  count,
  labelsText,
  templateCells,
  WIDE_WORKLOAD,
  wide,
} from "./column.ts";
import { valuesAt } from "./json-path.ts";
import { podCells } from "./pod-cells.ts";

const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
};

const nameOf = (object: Json) => part(object, "metadata")["name"];

const BUILT_IN: Readonly<Record<string, BuiltInColumns>> = {
  ...batchColumns,
  "/namespaces": { columns: [column("Status"), AGE], cells: (o, now) => [part(o, "status")["phase"], age(o, now)] },
  "/pods": {
    columns: [
      column("Ready"),
      column("Status"),
      column("Restarts"),
      AGE,
      wide("IP"),
      wide("Node"),
      wide("Nominated Node"),
      wide("Readiness Gates"),
    ],
    cells: (o, now) => podCells(o, age(o, now)),
  },
  "/services": {
    columns: [column("Type"), column("Cluster-IP"), column("External-IP"), column("Port(s)"), AGE, wide("Selector")],
    cells: serviceCells,
  },
  "/configmaps": { columns: [column("Data"), AGE], cells: (o, now) => [Object.keys(part(o, "data")).length, age(o, now)] },
  "/secrets": {
    columns: [column("Type"), column("Data", "integer"), AGE],
    cells: (o, now) => [o["type"], Object.keys(part(o, "data")).length, age(o, now)],
  },
  "apps/deployments": {
    columns: [column("Ready"), column("Up-to-date"), column("Available"), AGE, ...WIDE_WORKLOAD],
    cells: deploymentCells,
  },
  "apps/replicasets": {
    columns: [column("Desired", "integer"), column("Current", "integer"), column("Ready", "integer"), AGE, ...WIDE_WORKLOAD],
    cells: replicaSetCells,
  },
  "apps/statefulsets": {
    columns: [column("Ready"), AGE, wide("Containers"), wide("Images")],
    cells: (o, now) => [readyText(o), age(o, now), ...templateCells(o).slice(0, 2)],
  },
  "discovery.k8s.io/endpointslices": {
    columns: [column("AddressType"), column("Ports"), column("Endpoints"), AGE],
    cells: (o, now) => [
      o["addressType"],
      joined(objectsOf(o["ports"]).map((port) => String(port["port"]))),
      joined(objectsOf(o["endpoints"]).flatMap((endpoint) => listOf(endpoint["addresses"]).map(String))),
      age(o, now),
    ],
  },
  "coordination.k8s.io/leases": {
    columns: [column("Holder"), AGE],
    cells: (o, now) => [part(o, "spec")["holderIdentity"] ?? "", age(o, now)],
  },
  "apiextensions.k8s.io/customresourcedefinitions": {
    columns: [column("Created At", "date")],
    cells: (o) => [part(o, "metadata")["creationTimestamp"]],
  },
  "events.k8s.io/events": {
    columns: [column("Last Seen"), column("Type"), column("Reason"), column("Object"), column("Message")],
    cells: eventCells,
  },
};

export function columnsOf(kind: Kind): Columns {
  if (kind.custom) {
    const definitions = kind.columns.map(({ jsonPath: _path, ...shown }) => shown);
    return {
      definitions: [NAME, ...definitions],
      cells: (object, now) => [nameOf(object), ...kind.columns.map((shown) => customCell(object, shown.jsonPath, shown.type, now))],
    };
  }
  const known = BUILT_IN[kind.storage];
  return known === undefined
    ? { definitions: [NAME, AGE], cells: (object, now) => [nameOf(object), age(object, now)] }
    : { definitions: [NAME, ...known.columns], cells: (object, now) => [nameOf(object), ...known.cells(object, now)] };
}

function customCell(object: Json, path: string, type: string, now: number): unknown {
  const values = valuesAt(object, path);
  const [value] = values;
  if (value === undefined || value === null) {
    return null;
  }
  switch (type) {
    case "date":
      return ageText(value, now);
    case "integer":
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    default:
      return values.map((item) => (typeof item === "object" ? JSON.stringify(item) : String(item))).join(",");
  }
}

function joined(texts: readonly string[]): string {
  const more = texts.length - 3;
  return texts.length === 0 ? "<unset>" : `${texts.slice(0, 3).join(",")}${more > 0 ? ` + ${more} more...` : ""}`;
}

function deploymentCells(object: Json, now: number): readonly unknown[] {
  const status = part(object, "status");
  return [
    readyText(object),
    count(status["updatedReplicas"]),
    count(status["availableReplicas"]),
    age(object, now),
    ...templateCells(object),
  ];
}

function replicaSetCells(object: Json, now: number): readonly unknown[] {
  const status = part(object, "status");
  const wanted = count(part(object, "spec")["replicas"]);
  return [wanted, count(status["replicas"]), count(status["readyReplicas"]), age(object, now), ...templateCells(object)];
}

function readyText(object: Json): string {
  return `${count(part(object, "status")["readyReplicas"])}/${count(part(object, "spec")["replicas"])}`;
}

function serviceCells(object: Json, now: number): readonly unknown[] {
  const spec = part(object, "spec");
  const ports = objectsOf(spec["ports"]).map((port) => {
    const node = port["nodePort"] === undefined ? "" : `:${String(port["nodePort"])}`;
    return `${String(port["port"])}${node}/${String(port["protocol"])}`;
  });
  return [
    spec["type"],
    spec["clusterIP"] ?? "<none>",
    spec["externalName"] ?? "<none>",
    ports.join(",") || "<none>",
    age(object, now),
    labelsText(part(spec, "selector")),
  ];
}

function eventCells(event: Json, now: number): readonly unknown[] {
  const about = isObject(event["regarding"]) ? event["regarding"] : part(event, "involvedObject");
  const last =
    part(event, "series")["lastObservedTime"] ?? event["deprecatedLastTimestamp"] ?? event["lastTimestamp"] ?? event["eventTime"];
  return [
    ageText(last ?? part(event, "metadata")["creationTimestamp"], now),
    event["type"],
    event["reason"],
    `${String(about["kind"] ?? "").toLowerCase()}/${String(about["name"] ?? "")}`,
    String(event["note"] ?? event["message"] ?? "").trim(),
  ];
}
