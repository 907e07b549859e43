/** Defaults and rules of a pod spec, alone or inside of a template. */
import { isObject, type Json, objectsOf, part } from "../json.ts";
import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from "../status-error.ts";
import { dropZeros, eachObject, setDefault, setTo } from "./typed.ts";

export function defaultPodSpec(spec: Json): void {
  for (const list of ["containers", "initContainers"]) {
    eachObject(spec[list], defaultContainer);
  }
  eachObject(spec["volumes"], defaultVolume);
  setDefault(spec, "restartPolicy", "Always");
  setDefault(spec, "terminationGracePeriodSeconds", 30);
  setDefault(spec, "dnsPolicy", "ClusterFirst");
  setDefault(spec, "securityContext", {});
  setDefault(spec, "schedulerName", "default-scheduler");
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"];
  if (typeof account === "string" && account !== "") {
    setTo(spec, "serviceAccountName", account);
    setTo(spec, "serviceAccount", account);
  }
  dropZeros(spec, ["hostNetwork", "hostPID", "hostIPC", "nodeName", "hostname", "subdomain", "initContainers", "volumes", "tolerations"]);
}

function defaultContainer(container: Json): void {
  const image = String(container["image"] ?? "");
  setDefault(container, "resources", {});
  setDefault(container, "terminationMessagePath", "/dev/termination-log");
  setDefault(container, "terminationMessagePolicy", "File");
  setDefault(container, "imagePullPolicy", hasFixedTag(image) ? "IfNotPresent" : "Always");
  eachObject(container["ports"], (port) => setDefault(port, "protocol", "TCP"));
  eachObject(container["env"], (variable) => {
    const fieldRef = part(variable["valueFrom"], "fieldRef");
    if (fieldRef["fieldPath"] !== undefined) {
      setDefault(fieldRef, "apiVersion", "v1");
    }
  });
  for (const probe of ["readinessProbe", "livenessProbe", "startupProbe"]) {
    if (isObject(container[probe])) {
      defaultProbe(container[probe]);
    }
  }
  defaultHandlers(part(container, "lifecycle"));
  dropZeros(container, ["command", "args", "ports", "env", "envFrom", "volumeMounts"]);
}

function hasFixedTag(image: string): boolean {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return image.includes("@") || (name.includes(":") && !name.endsWith(":latest"));
}

function defaultProbe(probe: Json): void {
  defaultHandlers({ probe });
  setDefault(probe, "timeoutSeconds", 1);
  setDefault(probe, "periodSeconds", 10);
  setDefault(probe, "successThreshold", 1);
  setDefault(probe, "failureThreshold", 3);
  dropZeros(probe, ["initialDelaySeconds"]);
}

function defaultHandlers(handlers: Json): void {
  for (const handler of Object.values(handlers)) {
    const httpGet = part(handler, "httpGet");
    if (httpGet["port"] !== undefined) {
      setDefault(httpGet, "scheme", "HTTP");
      setDefault(httpGet, "path", "/");
    }
    const grpc = part(handler, "grpc");
    if (grpc["port"] !== undefined) {
      setDefault(grpc, "service", "");
    }
  }
}

function defaultVolume(volume: Json): void {
  for (const source of ["configMap", "secret", "projected", "downwardAPI"]) {
    if (isObject(volume[source])) {
      setDefault(volume[source], "defaultMode", 420);
    }
  }
}

export function podSpecProblems(spec: Json, field: string): FieldProblem[] {
  const containers = objectsOf(spec["containers"]);
  if (containers.length === 0) {
    return [requiredValue(`${field}.containers`)];
  }
  return containers.flatMap((container, index) =>
    containerProblems(container, `${field}.containers[${index}]`, containers.slice(0, index)),
  );
}

function containerProblems(container: Json, field: string, before: readonly Json[]): FieldProblem[] {
  const name = container["name"];
  const problems: FieldProblem[] = [];
  if (typeof name !== "string" || name === "") {
    problems.push(requiredValue(`${field}.name`));
  } else if (before.some((other) => other["name"] === name)) {
    problems.push({ reason: "FieldValueDuplicate", field: `${field}.name`, message: `Duplicate value: ${JSON.stringify(name)}` });
  }
  if (typeof container["image"] !== "string" || container["image"] === "") {
    problems.push(requiredValue(`${field}.image`));
  }
  return [...problems, ...objectsOf(container["ports"]).flatMap((port, index) => portProblems(port, `${field}.ports[${index}]`))];
}

function portProblems(port: Json, field: string): FieldProblem[] {
  const number = port["containerPort"];
  const problems = isPort(number) ? [] : [invalidValue(`${field}.containerPort`, number, "must be between 1 and 65535, inclusive")];
  return [...problems, ...protocolProblems(port, field)];
}

export function isPort(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
}

const PROTOCOLS = ["SCTP", "TCP", "UDP"];

export function protocolProblems(port: Json, field: string): FieldProblem[] {
  const protocol = String(port["protocol"]);
  return PROTOCOLS.includes(protocol) ? [] : [unsupportedValue(`${field}.protocol`, protocol, PROTOCOLS)];
}
