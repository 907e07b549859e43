/** CustomResourceDefinitions: their own rules, and the kinds that they bring. The names are accepted and established at once. */
import { child, equalJson, isObject, type Json, listOf, objectsOf, part } from "../json.ts";
import type { Kind, KindRules, PrinterColumn, ScalePaths } from "../kinds.ts";
import { type FieldProblem, invalidValue, requiredValue } from "../status-error.ts";
import { secondsText } from "../time.ts";
import { customSchema, schemaProblems } from "./custom-schema.ts";
import { applyDefaults, prune } from "./structural.ts";

export const crdRules: KindRules = {
  defaults(draft) {
    const spec = child(draft, "spec");
    const names = { ...part(spec, "names") };
    spec["names"] = names;
    names["singular"] ??= String(names["kind"] ?? "").toLowerCase();
    names["listKind"] ??= `${String(names["kind"] ?? "")}List`;
    spec["conversion"] = { strategy: "None", ...part(spec, "conversion") };
  },
  prepareCreate(draft, { now }) {
    draft["status"] = establishedStatus(part(draft, "spec"), now);
  },
  prepareUpdate(draft) {
    child(draft, "status")["acceptedNames"] = part(draft["spec"], "names");
  },
  movesGeneration: (draft, previous) => !equalJson(draft["spec"], previous["spec"]),
  validate: definitionProblems,
};

function establishedStatus(spec: Json, now: number): Json {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    lastTransitionTime: secondsText(now),
    reason,
    message,
  });
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    acceptedNames: spec["names"],
    storedVersions: objectsOf(spec["versions"])
      .filter((version) => version["storage"] === true)
      .map((version) => version["name"]),
  };
}

function definitionProblems(crd: Json): FieldProblem[] {
  const spec = part(crd, "spec");
  const names = part(spec, "names");
  const versions = objectsOf(spec["versions"]);
  const wanted = `${String(names["plural"])}.${String(spec["group"])}`;
  const name = part(crd, "metadata")["name"];
  const problems: FieldProblem[] = [];
  if (name !== wanted) {
    problems.push(invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
  for (const field of ["plural", "kind"]) {
    if (typeof names[field] !== "string" || names[field] === "") {
      problems.push(requiredValue(`spec.names.${field}`));
    }
  }
  if (spec["scope"] !== "Namespaced" && spec["scope"] !== "Cluster") {
    problems.push(requiredValue("spec.scope"));
  }
  if (versions.filter((version) => version["storage"] === true).length !== 1) {
    problems.push(invalidValue("spec.versions", versions.length, "must have exactly one version marked as storage version"));
  }
  return [
    ...problems,
    ...versions.flatMap((version, index) =>
      schemaProblems(part(version, "schema")["openAPIV3Schema"], `spec.versions[${index}].schema.openAPIV3Schema`),
    ),
  ];
}

/** The served kinds of a definition, the stored version first. */
export function kindsOf(crd: Json): Kind[] {
  const spec = part(crd, "spec");
  const versions = objectsOf(spec["versions"]).filter((version) => version["served"] === true || version["storage"] === true);
  return versions.sort((a, b) => Number(b["storage"] === true) - Number(a["storage"] === true)).map((version) => kindOf(spec, version));
}

function kindOf(spec: Json, version: Json): Kind {
  const names = part(spec, "names");
  const group = String(spec["group"]);
  const schema = part(part(version, "schema"), "openAPIV3Schema");
  const subresources = part(version, "subresources");
  const status = isObject(subresources["status"]);
  return {
    group,
    version: String(version["name"]),
    plural: String(names["plural"]),
    kind: String(names["kind"]),
    singular: String(names["singular"]),
    listKind: String(names["listKind"]),
    shortNames: listOf(names["shortNames"]).map(String),
    categories: listOf(names["categories"]).map(String),
    namespaced: spec["scope"] === "Namespaced",
    storage: `${group}/${String(names["plural"])}`,
    custom: true,
    contentGroup: group,
    status,
    scale: scaleOf(subresources),
    unconditionalUpdate: false,
    answersDeleted: false,
    validateName: "subdomain",
    fields: objectsOf(version["selectableFields"]).map((field) => String(field["jsonPath"]).slice(1)),
    columns: columnsOf(version),
    schema,
    rules: customRules(schema, status),
    convert: undefined,
  };
}

function scaleOf(subresources: Json): ScalePaths | undefined {
  const scale = subresources["scale"];
  return isObject(scale)
    ? {
        spec: String(scale["specReplicasPath"]),
        status: String(scale["statusReplicasPath"]),
        selector: String(scale["labelSelectorPath"] ?? ""),
      }
    : undefined;
}

const AGE = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function columnsOf(version: Json): PrinterColumn[] {
  const given = objectsOf(version["additionalPrinterColumns"]);
  return (given.length === 0 ? [AGE] : given).map((column: Json) => ({
    name: String(column["name"]),
    type: String(column["type"]),
    jsonPath: String(column["jsonPath"]),
    priority: Number(column["priority"] ?? 0),
    format: String(column["format"] ?? ""),
    description: String(column["description"] ?? `Custom resource definition column (in JSONPath format): ${String(column["jsonPath"])}`),
  }));
}

function customRules(schema: Json, status: boolean): KindRules {
  const withoutServerParts = ({ metadata: _metadata, ...fields }: Json): Json => {
    const { status: _status, ...spec } = fields;
    return status ? spec : fields;
  };
  return {
    decode: (draft) => prune(schema, draft),
    defaults: (draft) => applyDefaults(schema, draft),
    movesGeneration: (draft, previous) => !equalJson(withoutServerParts(draft), withoutServerParts(previous)),
    validate: (draft, previous, earlier) => customSchema(schema).problems(draft, previous, earlier),
  };
}
