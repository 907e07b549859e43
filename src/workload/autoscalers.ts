/**
 * Autoscalers of the target. A HorizontalPodAutoscaler counts the pods of both versions, which is right for metrics per
 * pod; one of type Value is multiplied by all ready pods, the trial's too, and runs away. A VerticalPodAutoscaler finds no
 * controller above the trial's pods, so that they start as the template says.
 */
import type { Finding } from "../domain/finding.ts";
import type { Deployment, HorizontalPodAutoscaler, VerticalPodAutoscaler } from "../domain/kube.ts";

type Metric = NonNullable<HorizontalPodAutoscaler["spec"]["metrics"]>[number];

export function hpaValueMetric(autoscalers: readonly HorizontalPodAutoscaler[], deployment: Deployment): Finding | undefined {
  const { name } = deployment.metadata;
  for (const { metadata, spec } of autoscalers) {
    const metric = (spec.metrics ?? []).find((one) => targetOf(one)?.type === "Value");
    if (metric !== undefined) {
      const what = `HorizontalPodAutoscaler ${metadata.name} scales Deployment ${name} by the ${metric.type} metric ${nameOf(metric)} with a target of type Value`;
      const fix = "Write target.type: AverageValue with averageValue (the value per pod), or take this metric out.";
      return {
        reason: "HPAValueMetric",
        message: `${what}: during a release it is multiplied by the canary's pods too, and runs away. ${fix}`,
      };
    }
  }
  return undefined;
}

/** One that only recommends changes no pods. */
export function vpaSkipsTrial(autoscalers: readonly VerticalPodAutoscaler[], deployment: Deployment): Finding | undefined {
  const active = autoscalers.find(({ spec }) => spec.updatePolicy?.updateMode !== "Off");
  if (active === undefined) return undefined;
  const message = `VerticalPodAutoscaler ${active.metadata.name} gives the canary's pods no recommendation until they are handed over to Deployment ${deployment.metadata.name}: they run with the template's resources`;
  return { reason: "VPASkipsCanary", message };
}

function targetOf({ object, external }: Metric): { readonly type?: string } | undefined {
  return object?.target ?? external?.target;
}

function nameOf({ object, external }: Metric): string {
  return object?.metric?.name ?? external?.metric?.name ?? "without a name";
}
