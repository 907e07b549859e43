/** The kinds of single values that specs are made of, each with its refusal in words and, where types cannot say it, in CEL. */
import { z } from "zod";
import { DURATION_MAX_LENGTH, DURATION_PATTERN, parseDuration } from "../../domain/duration.ts";
import { asText } from "./as-text.ts";
import { type CelRule, type Hint, hints } from "./hint.ts";

/** Label values, Service names: no dots. */
export const LABEL_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
export const SUBDOMAIN_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/** From 1 % to below 100 %: the least that is no slip for a fraction, and the most that a single failure does not break. */
const RATE_PATTERN = "^[1-9][0-9]?(\\.[0-9]{1,4})?%$";
/** From 0.1 % to 100 %, in tenths. */
const WEIGHT_PATTERN = "^(0\\.[1-9]|[1-9][0-9]?(\\.[0-9])?|100)%$";
const PERCENTILE_PATTERN = "^[1-9][0-9]?(\\.[0-9]{1,3})?$";

export function quote(text: string): string {
  return `"${text}"`;
}

/** A CEL string literal of a pattern. */
function literal(pattern: string): string {
  return `'${pattern.replaceAll("\\", "\\\\")}'`;
}

function cel(rule: string, { expects, example }: Hint): CelRule[] {
  return [{ rule, message: `must be ${expects}, such as ${example}` }];
}

export function matchesCel(subject: string, pattern: string): string {
  return `${subject}.matches(${literal(pattern)})`;
}

/** `unit` is what a number without one most likely means. */
export function duration({ min, max, example, unit = "s" }: { min: string; max: string; example: string; unit?: "s" | "ms" }) {
  const [least, most] = [parseDuration(min)!, parseDuration(max)!];
  const hint: Hint = { expects: `a duration from ${min} to ${max}`, example, suggest };
  function suggest(value: unknown): string | undefined {
    const text = suggestDuration(value, unit);
    const ms = parseDuration(text ?? "");
    return ms !== undefined && ms >= least && ms <= most ? text : undefined;
  }
  const rule = `${matchesCel("self", DURATION_PATTERN)} && duration(self) >= duration('${min}') && duration(self) <= duration('${max}')`;
  return z
    .string()
    .max(DURATION_MAX_LENGTH)
    .regex(new RegExp(DURATION_PATTERN))
    .refine((text) => {
      const ms = parseDuration(text);
      return ms === undefined || (ms >= least && ms <= most);
    })
    .meta({ "x-kubernetes-validations": cel(rule, hint) })
    .register(hints, hint);
}

function suggestDuration(value: unknown, unit: "s" | "ms"): string | undefined {
  const text = typeof value === "number" && unit === "s" && value < 1 ? `${value * 1000}ms` : asText(value);
  const parts = /^\s*([0-9]+)\s*(?:(ms|milli|s|m|h|d)[a-z]*)?\s*$/i.exec(text);
  if (parts === null) return undefined;
  const [, digits, written = unit] = parts;
  const known = written.toLowerCase().replace("milli", "ms");
  return known === "d" ? `${Number(digits) * 24}h` : `${digits}${known}`;
}

/** A string like `"99.5%"`. In the CRD any integer or string comes as far as the rule, which can name the fix. */
export function rate(example: string) {
  const hint: Hint = { expects: "a percentage from 1% to below 100% in quotes", example: quote(example), suggest: suggestRate };
  return z
    .string()
    .max(8)
    .regex(new RegExp(RATE_PATTERN))
    .meta({
      "x-kubernetes-int-or-string": true,
      "x-kubernetes-validations": cel(`type(self) == string && ${matchesCel("self", RATE_PATTERN)}`, hint),
    })
    .register(hints, hint);
}

function suggestRate(value: unknown): string | undefined {
  const number = typeof value === "number" ? value : typeof value === "string" ? Number(value.trim().replace(/\s*%$/, "")) : Number.NaN;
  // 0.99, "0.99" and "0.99%" all come from people who think in fractions.
  const percent = number > 0 && number < 1 ? Number(`${number}e2`) : number;
  if (percent === 100) return '"99.9%"';
  return percent >= 1 && percent < 100 ? quote(`${Number(percent.toFixed(4))}%`) : undefined;
}

/** A share of the requests: a whole percent, or tenths of a percent as a string like `"0.1%"`. */
export function weight() {
  const hint: Hint = {
    expects: 'a whole percent from 1 to 100, or tenths of a percent in quotes from "0.1%" on',
    example: "20",
    suggest: suggestWeight,
  };
  const rule = `type(self) == int ? self >= 1 && self <= 100 : ${matchesCel("self", WEIGHT_PATTERN)}`;
  return z
    .union([z.int().min(1).max(100), z.string().max(6).regex(new RegExp(WEIGHT_PATTERN))])
    .meta({ "x-kubernetes-int-or-string": true, maxLength: 6, "x-kubernetes-validations": cel(rule, hint) })
    .register(hints, hint);
}

function suggestWeight(value: unknown): string | undefined {
  const number = typeof value === "number" ? value : Number.parseFloat(asText(value));
  const tenths = Math.round(number * 10);
  if (!(tenths >= 1 && tenths <= 1000)) return undefined;
  return tenths % 10 === 0 ? String(tenths / 10) : quote(`${tenths / 10}%`);
}

/** Of a written weight, in percent. */
export function percentOfWeight(weight: number | string): number {
  return typeof weight === "number" ? weight : Number.parseFloat(weight);
}

/** The same in CEL, for an expression that is a weight. */
export function celPercent(weight: string): string {
  return `double(string(${weight}).split('%')[0])`;
}

export function percentile() {
  const hint: Hint = { expects: "a percentile from 1 to below 100 in quotes", example: '"99"', suggest: suggestPercentile };
  return z
    .string()
    .max(6)
    .regex(new RegExp(PERCENTILE_PATTERN))
    .meta({
      "x-kubernetes-int-or-string": true,
      "x-kubernetes-validations": cel(`type(self) == string && ${matchesCel("self", PERCENTILE_PATTERN)}`, hint),
    })
    .register(hints, hint);
}

function suggestPercentile(value: unknown): string | undefined {
  const number = Number(asText(value).replace(/^p/i, "").replace(/%$/, ""));
  const percent = number > 0 && number < 1 ? Number(`${number}e2`) : number;
  return percent >= 1 && percent < 100 ? quote(String(Number(percent.toFixed(3)))) : undefined;
}

export function whole({ min, max, example, expects }: { min: number; max: number; example: number; expects?: string }) {
  const hint: Hint = {
    expects: expects ?? `a whole number from ${min} to ${max}`,
    example: String(example),
    suggest: (value) => suggestWhole(value, min, max),
  };
  return z.int().min(min).max(max).meta({}).register(hints, hint);
}

function suggestWhole(value: unknown, min: number, max: number): string | undefined {
  const number = typeof value === "string" ? Number(value.trim().replace(/\s*%$/, "")) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= min && number <= max ? String(number) : undefined;
}

export function flag() {
  return z.boolean().meta({}).register(hints, { expects: "true or false, without quotes", example: "true", suggest: suggestFlag });
}

function suggestFlag(value: unknown): string | undefined {
  const text = asText(value).toLowerCase();
  if (["true", "yes", "on", "1"].includes(text)) return "true";
  return ["false", "no", "off", "0"].includes(text) ? "false" : undefined;
}

/** A name of another object. */
export function name({ max, pattern, expects, example }: { max: number; pattern: string; expects: string; example: string }) {
  const hint: Hint = { expects, example };
  return z
    .string()
    .min(1)
    .max(max)
    .regex(new RegExp(pattern))
    .meta({ "x-kubernetes-validations": cel(matchesCel("self", pattern), hint) })
    .register(hints, hint);
}

/** One of a few words. */
export function choice<const T extends readonly string[]>(values: T) {
  return z
    .enum(values)
    .meta({})
    .register(hints, { expects: `one of ${values.join(", ")}`, example: values[0]! });
}
