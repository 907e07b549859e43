/** Label selectors (the text form and that of workloads) and field selectors as predicates. Bad ones are a 400. */
import type { KubeObject, LabelSelector } from "../../domain/kube.ts";
import { isObject } from "./json.ts";
import { badRequest } from "./status-error.ts";

export type Matcher = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

const everything: Matcher = () => true;

export function labelMatcher(selector: string | LabelSelector | undefined): Matcher {
  if (selector === undefined || selector === "") {
    return everything;
  }
  const requirements = typeof selector === "string" ? splitTerms(selector).map(textRequirement) : objectRequirements(selector);
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}));
}

export function matchesLabels(selector: LabelSelector, labels: Labels | undefined): boolean {
  return objectRequirements(selector).every((holds) => holds(labels ?? {}));
}

function objectRequirements(selector: LabelSelector): Requirement[] {
  const exact = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement =>
      (labels) =>
        labels[key] === value,
  );
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => setRequirement(key, operator, values ?? []));
  return [...exact, ...expressions];
}

function setRequirement(key: string, operator: string, values: readonly string[]): Requirement {
  const has = (labels: Labels) => Object.hasOwn(labels, key);
  switch (operator) {
    case "In":
      return (labels) => has(labels) && values.includes(labels[key] ?? "");
    case "NotIn":
      return (labels) => !has(labels) || !values.includes(labels[key] ?? "");
    case "Exists":
      return has;
    case "DoesNotExist":
      return (labels) => !has(labels);
    default:
      throw badRequest(`unable to parse requirement: ${JSON.stringify(operator)} is not a valid label selector operator`);
  }
}

const KEY = "[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?";
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);

function textRequirement(term: string): Requirement {
  const set = SET.exec(term);
  if (set !== null) {
    const values = (set[4] ?? "").split(",").map((value) => value.trim());
    return setRequirement(set[1] ?? "", set[3] === "in" ? "In" : "NotIn", values);
  }
  const equality = EQUALITY.exec(term);
  if (equality !== null) {
    return setRequirement(equality[1] ?? "", equality[3] === "!=" ? "NotIn" : "In", [equality[4] ?? ""]);
  }
  const exists = EXISTS.exec(term);
  if (exists !== null) {
    return setRequirement(exists[2] ?? "", exists[1] === "!" ? "DoesNotExist" : "Exists", []);
  }
  throw badRequest(`unable to parse requirement: found '${term}'`);
}

/** At commas outside of parentheses. */
function splitTerms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== "");
}

/** `fields`: the paths that this kind supports besides metadata.name and metadata.namespace. */
export function fieldMatcher(selector: string | undefined, fields: readonly string[]): Matcher {
  if (selector === undefined || selector === "") {
    return everything;
  }
  const supported = new Set(["metadata.name", "metadata.namespace", ...fields]);
  const terms = selector.split(",").map((term) => fieldTerm(term, supported));
  return (object) => terms.every((matches) => matches(object));
}

function fieldTerm(term: string, supported: ReadonlySet<string>): Matcher {
  const parsed = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
  if (parsed === null) {
    throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  }
  const [, path = "", operator, wanted] = parsed;
  if (!supported.has(path)) {
    throw badRequest(`field label not supported: ${path}`);
  }
  return (object) => (textAt(object, path) === wanted) === (operator !== "!=");
}

function textAt(object: KubeObject, path: string): string {
  const value = path.split(".").reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), object);
  return value === undefined || value === null ? "" : String(value);
}
