/** The CustomResourceDefinition of CanaryRollout, as an object. `crds/` holds the same as YAML. */
import { CanaryRolloutSpec, MAX_NAME_LENGTH } from "./canary-rollout.ts";
import { GROUP, SCHEMA, SCHEMA_NUMBER, VERSION } from "./marks.ts";
import { CanaryRolloutStatus } from "./status.ts";
import { structuralSchema } from "./structural.ts";

export function canaryRolloutCrd() {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `canaryrollouts.${GROUP}`, annotations: { [SCHEMA]: String(SCHEMA_NUMBER) } },
    spec: {
      group: GROUP,
      names: {
        kind: "CanaryRollout",
        listKind: "CanaryRolloutList",
        plural: "canaryrollouts",
        singular: "canaryrollout",
        shortNames: ["cro"],
        categories: ["all"],
      },
      scope: "Namespaced",
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: rootSchema() },
        },
      ],
    },
  };
}

const PRINTER_COLUMNS = [
  { name: "Phase", type: "string", jsonPath: ".status.phase" },
  { name: "Step", type: "string", jsonPath: ".status.step.position" },
  { name: "Weight", type: "string", jsonPath: ".status.traffic.weight" },
  { name: "Verdict", type: "string", jsonPath: ".status.analysis.verdict" },
  { name: "Message", type: "string", jsonPath: ".status.message" },
  { name: "Stable", type: "string", jsonPath: ".status.stable.revision", priority: 1 },
  { name: "Canary", type: "string", jsonPath: ".status.canary.revision", priority: 1 },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];

function rootSchema() {
  return {
    description: "Releases new versions of a Deployment step by step, judged by the service mesh's own numbers.",
    type: "object",
    required: ["spec"],
    "x-kubernetes-validations": [
      {
        rule: `self.metadata.name.size() <= ${MAX_NAME_LENGTH}`,
        message: `metadata.name may have at most ${MAX_NAME_LENGTH} characters, since it becomes a label's value: write a shorter one`,
      },
    ],
    properties: {
      apiVersion: { description: `Always ${GROUP}/${VERSION}.`, type: "string" },
      kind: { description: "Always CanaryRollout.", type: "string" },
      metadata: { type: "object" },
      spec: structuralSchema(CanaryRolloutSpec),
      // A fresh object must never read as done.
      status: { ...structuralSchema(CanaryRolloutStatus), default: { observedGeneration: -1 } },
    },
  };
}
