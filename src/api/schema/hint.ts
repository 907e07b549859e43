/**
 * What a schema says beyond its types: the words for people (documentation, refusals) and the rules for the API server.
 *
 * Documentation and CEL rules live in zod's own metadata, so that they reach the generated schemas; hints for refusals hold
 * functions and live in a registry of their own.
 */
import { z } from "zod";

export interface Hint {
  /** Completes "must be ...": `a duration from 1s to 5m`. */
  readonly expects: string;
  /** A value that is accepted, as YAML. */
  readonly example: string;
  /** What the writer of this refused value probably meant, as YAML. */
  readonly suggest?: (value: unknown) => string | undefined;
}

export const hints = z.registry<Hint>();

/** Words for the reference; `default` reaches the CRD outside lists, `resolved` is a default that only code can know. */
export interface Doc {
  readonly description: string;
  readonly default?: unknown;
  readonly resolved?: string;
  /** When to change it. */
  readonly change?: string;
}

/** Attaches documentation. Last in the chain: metadata belongs to the instance. */
export function doc<T extends z.ZodType>(schema: T, words: Doc): T {
  return schema.meta({ ...schema.meta(), ...words });
}

export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** A rule over several fields, once for the API server and once for everybody else. */
export interface Rule<T> {
  readonly cel: string;
  readonly message: string;
  readonly fix: string;
  /** Where it is broken, relative to the value; undefined where it holds, or where a field alone is wrong already. */
  readonly broken: (value: T) => Path | undefined;
}

export function withRules<T extends z.ZodType>(schema: T, rules: readonly Rule<z.output<T>>[]): T {
  const checked = schema.superRefine((value, context) => {
    for (const { broken, message, fix } of rules) {
      const path = broken(value);
      if (path !== undefined) context.addIssue({ code: "custom", message, path: [...path], params: { fix } });
    }
  });
  const validations: CelRule[] = rules.map(({ cel, message, fix }) => ({ rule: cel, message: `${message}: ${fix}` }));
  return checked.meta({ ...schema.meta(), "x-kubernetes-validations": validations });
}
