/**
 * The rules of `x-kubernetes-validations`, evaluated where the schema has them. Values become CEL's: integers are int, other numbers double,
 * date-times timestamps. Transition rules (those that read `oldSelf`) run on updates where the old value can be found.
 */
import { Environment, type ParseResult } from "@marcbachmann/cel-js";
import { equalJson, isObject, type Json, listOf, objectsOf, part } from "../json.ts";
import { type FieldProblem, invalidValue } from "../status-error.ts";
import { mapKey } from "./structural.ts";

const environment = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true })
  .registerVariable("self", "dyn")
  .registerVariable("oldSelf", "dyn");

interface Rule {
  readonly evaluate: ParseResult;
  readonly message: (self: unknown, oldSelf: unknown) => string;
  readonly reason: FieldProblem["reason"];
  readonly fieldPath: string;
  readonly transition: boolean;
  /** Members of `self` that it reads; undefined: all of it. */
  readonly reads: readonly string[] | undefined;
  readonly comparesOld: boolean;
}

/** A schema with its rules compiled. */
export interface RuleNode {
  readonly schema: Json;
  readonly rules: readonly Rule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly items: RuleNode | undefined;
  readonly values: RuleNode | undefined;
  /** A rule of it or below it reads the old value. */
  readonly transition: boolean;
  /** Values that broke no rule. Nobody changes them after they were looked at, and parts of them come back with every update. */
  readonly sound: WeakSet<object>;
}

/** undefined where the schema has no rules at all. Throws where a rule can't be parsed. */
export function compileRules(schema: Json): RuleNode | undefined {
  const properties = new Map<string, RuleNode>();
  for (const [key, property] of Object.entries(part(schema, "properties"))) {
    const node = isObject(property) ? compileRules(property) : undefined;
    if (node !== undefined) {
      properties.set(key, node);
    }
  }
  const items = isObject(schema["items"]) ? compileRules(schema["items"]) : undefined;
  const values = isObject(schema["additionalProperties"]) ? compileRules(schema["additionalProperties"]) : undefined;
  const rules = objectsOf(schema["x-kubernetes-validations"]).map(compileRule);
  return rules.length + properties.size === 0 && items === undefined && values === undefined
    ? undefined
    : {
        schema,
        rules,
        properties,
        items,
        values,
        transition: isTransition(rules, [...properties.values(), items, values]),
        sound: new WeakSet(),
      };
}

function isTransition(rules: readonly Rule[], inner: readonly (RuleNode | undefined)[]): boolean {
  return [...rules, ...inner].some((one) => one?.transition === true);
}

function compileRule(given: Json): Rule {
  const text = String(given["rule"]);
  const messageExpression = given["messageExpression"];
  const message = typeof given["message"] === "string" ? given["message"] : `failed rule: ${text.trim()}`;
  const spoken = typeof messageExpression === "string" ? environment.parse(messageExpression) : undefined;
  const words = `${text} ${String(messageExpression ?? "")}`;
  return {
    evaluate: environment.parse(text),
    message: (self, oldSelf) => (spoken === undefined ? message : String(spoken({ self, oldSelf }))),
    reason: typeof given["reason"] === "string" ? (given["reason"] as FieldProblem["reason"]) : "FieldValueInvalid",
    fieldPath: typeof given["fieldPath"] === "string" ? given["fieldPath"] : "",
    transition: /\boldSelf\b/.test(text) && given["optionalOldSelf"] !== true,
    reads: /\bself\b(?!\.[A-Za-z_])/.test(words) ? undefined : [...words.matchAll(/\bself\.(\w+)/g)].map(([, name]) => name ?? ""),
    comparesOld: /\boldSelf\b/.test(words),
  };
}

export function ruleProblems(node: RuleNode, value: unknown, old: unknown, path = ""): FieldProblem[] {
  if (value === undefined || value === null) {
    return [];
  }
  const lasting = typeof value === "object" && !node.transition;
  if (lasting && node.sound.has(value)) {
    return [];
  }
  const problems = problemsIn(node, value, old, path);
  if (lasting && problems.length === 0) {
    node.sound.add(value);
  }
  return problems;
}

function problemsIn(node: RuleNode, value: unknown, old: unknown, path: string): FieldProblem[] {
  const own = node.rules.length === 0 ? [] : ownProblems(node, value, old, path);
  if (Array.isArray(value)) {
    const { items } = node;
    return items === undefined
      ? own
      : [...own, ...value.flatMap((item, index) => ruleProblems(items, item, oldItem(node.schema, item, old), `${path}[${index}]`))];
  }
  if (!isObject(value)) {
    return own;
  }
  const inner = Object.entries(value).flatMap(([key, field]) => {
    const next = node.properties.get(key) ?? node.values;
    const before = isObject(old) ? old[key] : undefined;
    return next === undefined ? [] : ruleProblems(next, field, before, path === "" ? key : `${path}.${key}`);
  });
  return [...own, ...inner];
}

function ownProblems(node: RuleNode, value: unknown, old: unknown, path: string): FieldProblem[] {
  const self = celValue(node.schema, readPart(node, value));
  const oldSelf = old === undefined || !node.rules.some((rule) => rule.comparesOld) ? null : celValue(node.schema, old);
  return node.rules.flatMap((rule) => {
    if (rule.transition && old === undefined) {
      return [];
    }
    const field = `${path}${rule.fieldPath}` || "<nil>";
    try {
      const holds = rule.evaluate({ self, oldSelf }) === true;
      return holds ? [] : [{ reason: rule.reason, field, message: `${shown(rule, value)}${rule.message(self, oldSelf)}` }];
    } catch (error) {
      const text = `${celError(error)} evaluating rule: ${rule.message(self, oldSelf)}`;
      return [invalidValue(field, node.schema["type"], text)];
    }
  });
}

/** In the words of Kubernetes' CEL. */
function celError(error: unknown): string {
  const text = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  const isDuration = text.startsWith("Invalid duration string");
  return isDuration ? "type conversion error from 'string' to 'google.protobuf.Duration'" : text.replace(/^No such key/, "no such key");
}

/** Of an object with named members what the rules read: the rest, of a rollout its whole status, need not become CEL's. */
function readPart({ schema, rules }: RuleNode, value: unknown): unknown {
  const whole = rules.some((rule) => rule.reads === undefined);
  if (whole || !isObject(value) || !isObject(schema["properties"])) {
    return value;
  }
  const reads = rules.flatMap((rule) => rule.reads ?? []);
  return Object.fromEntries(Object.entries(value).filter(([key]) => reads.includes(escaped(key))));
}

function shown(rule: Rule, value: unknown): string {
  if (rule.reason === "FieldValueRequired") {
    return "Required value: ";
  }
  if (rule.reason === "FieldValueForbidden") {
    return "Forbidden: ";
  }
  return typeof value === "object" ? "Invalid value: " : `Invalid value: ${JSON.stringify(value)}: `;
}

/** Items correspond by key in `map` lists, by value in sets, and not at all in atomic lists. */
function oldItem(schema: Json, item: unknown, old: unknown): unknown {
  if (schema["x-kubernetes-list-type"] === "map") {
    return listOf(old).find((before) => equalJson(mapKey(schema, before), mapKey(schema, item)));
  }
  return schema["x-kubernetes-list-type"] === "set" ? listOf(old).find((before) => equalJson(before, item)) : undefined;
}

function celValue(schema: Json, value: unknown): unknown {
  if (typeof value === "number") {
    return schema["type"] === "number" || !Number.isInteger(value) ? value : BigInt(value);
  }
  if (typeof value === "string" && schema["format"] === "date-time") {
    return new Date(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => celValue(part(schema, "items"), item));
  }
  if (!isObject(value)) {
    return value;
  }
  const properties = part(schema, "properties");
  const values = part(schema, "additionalProperties");
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const property = properties[key];
      return isObject(property) ? [escaped(key), celValue(property, field)] : [key, celValue(values, field)];
    }),
  );
}

const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

/** Names of properties that CEL could not read: `__namespace__`, `pod__dash__name`. */
function escaped(key: string): string {
  return RESERVED.has(key) ? `__${key}__` : key.replaceAll("-", "__dash__").replaceAll(".", "__dot__").replaceAll("/", "__slash__");
}
