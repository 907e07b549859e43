/** Label selectors, and the pin: the `pod-template-hash` that narrows a selector to one version. */
import { POD_TEMPLATE_HASH } from "../api/marks.ts";
import type { LabelSelector, ReplicaSet, Service } from "../domain/kube.ts";

export type Labels = Readonly<Record<string, string>>;

/** An absent selector matches nothing, an empty one everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined || selector === null) return false;
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels?.[key] === value);
  return exact && (selector.matchExpressions ?? []).every((expression) => expressionMatches(expression, labels));
}

type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

function expressionMatches({ key, operator, values = [] }: Expression, labels: Labels | undefined): boolean {
  const value = labels?.[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return operator satisfies never;
  }
}

/** A Service without a selector selects nothing: somebody else fills its endpoints. */
export function serviceSelects(service: Service, labels: Labels | undefined): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => labels?.[key] === value);
}

/** The version that a Service is pinned to. */
export function pinOf(service: Service | undefined): string | undefined {
  return service?.spec.selector?.[POD_TEMPLATE_HASH];
}

export function pinned(selector: Labels | undefined, hash: string): Labels {
  return { ...selector, [POD_TEMPLATE_HASH]: hash };
}

/** The version that a ReplicaSet's pods carry. Read from its pods' labels: a trial's own labels leave it out. */
export function hashOf(set: ReplicaSet): string | undefined {
  return set.spec.template.metadata?.labels?.[POD_TEMPLATE_HASH];
}
