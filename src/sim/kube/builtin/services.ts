/** Services: ports, families and a cluster address of 10.96.0.0/16 that stays. */
import { child, equalJson, type Json, listOf, objectsOf, part } from "../json.ts";
import type { KindRules } from "../kinds.ts";
import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from "../status-error.ts";
import { isPort, protocolProblems } from "./pod-spec.ts";
import { dropNulls, dropZeros, eachObject, setDefault } from "./typed.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

export const serviceRules: KindRules = {
  decode(draft) {
    dropNulls(draft);
    return [];
  },
  defaults(draft) {
    const spec = child(draft, "spec");
    setDefault(spec, "type", "ClusterIP");
    setDefault(spec, "sessionAffinity", "None");
    eachObject(spec["ports"], (port) => {
      setDefault(port, "protocol", "TCP");
      setDefault(port, "targetPort", port["port"]);
    });
    if (spec["type"] !== "ExternalName") {
      setDefault(spec, "internalTrafficPolicy", "Cluster");
      setDefault(spec, "ipFamilies", ["IPv4"]);
      setDefault(spec, "ipFamilyPolicy", "SingleStack");
    }
    if (spec["type"] === "NodePort" || spec["type"] === "LoadBalancer") {
      setDefault(spec, "externalTrafficPolicy", "Cluster");
    }
    dropZeros(spec, ["clusterIP", "externalName", "ports", "publishNotReadyAddresses"]);
    if (Object.keys(part(spec, "selector")).length === 0) {
      delete spec["selector"];
    }
    child(child(draft, "status"), "loadBalancer");
  },
  prepareCreate(draft, { random, takenAddresses }) {
    const spec = child(draft, "spec");
    if (spec["type"] !== "ExternalName") {
      setDefault(spec, "clusterIP", freeAddress(random, takenAddresses()));
      spec["clusterIPs"] = [spec["clusterIP"]];
    }
  },
  prepareUpdate(draft, previous) {
    const spec = child(draft, "spec");
    const old = part(previous, "spec");
    if (spec["type"] !== "ExternalName") {
      setDefault(spec, "clusterIP", old["clusterIP"]);
      setDefault(spec, "clusterIPs", [spec["clusterIP"]]);
    }
  },
  statusKeeps: ["labels", "annotations"],
  validate: (draft, previous) => [
    ...serviceProblems(part(draft, "spec")),
    ...(previous === undefined ? [] : addressProblems(part(draft, "spec"), part(previous, "spec"))),
  ],
};

function freeAddress(random: () => number, taken: ReadonlySet<string>): string {
  for (;;) {
    const number = 1 + Math.floor(random() * 65_534);
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) {
      return address;
    }
  }
}

function serviceProblems(spec: Json): FieldProblem[] {
  const ports = objectsOf(spec["ports"]);
  if (!TYPES.includes(String(spec["type"]))) {
    return [unsupportedValue("spec.type", spec["type"], TYPES)];
  }
  if (ports.length === 0 && spec["type"] !== "ExternalName" && spec["clusterIP"] !== "None") {
    return [requiredValue("spec.ports")];
  }
  return ports.flatMap((port, index) => portProblems(port, index, ports));
}

function portProblems(port: Json, index: number, ports: readonly Json[]): FieldProblem[] {
  const field = `spec.ports[${index}]`;
  const problems: FieldProblem[] = [];
  if (ports.length > 1 && (port["name"] ?? "") === "") {
    problems.push(requiredValue(`${field}.name`));
  } else if (ports.slice(0, index).some((other) => ports.length > 1 && other["name"] === port["name"])) {
    problems.push({ reason: "FieldValueDuplicate", field: `${field}.name`, message: `Duplicate value: ${JSON.stringify(port["name"])}` });
  }
  if (!isPort(port["port"])) {
    problems.push(invalidValue(`${field}.port`, port["port"], "must be between 1 and 65535, inclusive"));
  }
  if (typeof port["targetPort"] === "number" && !isPort(port["targetPort"])) {
    problems.push(invalidValue(`${field}.targetPort`, port["targetPort"], "must be between 1 and 65535, inclusive"));
  }
  return [...problems, ...protocolProblems(port, field)];
}

function addressProblems(spec: Json, previous: Json): FieldProblem[] {
  const kept = previous["clusterIP"] === undefined || spec["type"] === "ExternalName";
  if (
    kept ||
    (equalJson(spec["clusterIP"], previous["clusterIP"]) && equalJson(listOf(spec["clusterIPs"]), listOf(previous["clusterIPs"])))
  ) {
    return [];
  }
  return [invalidValue("spec.clusterIPs[0]", spec["clusterIPs"], "may not change once set")];
}
