/**
 * Status of a CanaryRollout: what Serin must remember and cannot observe again (step, attempts, evidence, the identity of
 * stable), and what people and GitOps tools read. Written only when its meaning changes.
 */
import { z } from "zod";

export const PHASES = [
  "Initializing",
  "Ready",
  "Pending",
  "Progressing",
  "Paused",
  "Promoting",
  "RollingBack",
  "RolledBack",
  "Stalled",
  "Terminating",
] as const;
export type Phase = (typeof PHASES)[number];

export const VERDICTS = ["Pass", "Fail", "Inconclusive", "NoData", "Error"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const STEP_STATES = ["Sizing", "Shifting", "Confirming", "Analysing", "Waiting"] as const;
export type StepState = (typeof STEP_STATES)[number];

export const OUTCOMES = ["Promoted", "RolledBack", "Superseded", "Reverted", "NoPods", "Shipped", "Removed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

const Time = z.iso.datetime().max(40);
const Text = z.string().max(2048);
const Name = z.string().max(253);
const Weight = z.string().max(8);
const Seconds = z.number().min(0);

/** One value from the CanaryRollout and one from its target may take turns: four are remembered. */
const UsedValues = z.array(Name).max(4);
const Times = z.array(Time).max(4);
const Images = z.array(z.string().max(512)).max(32);

const VersionStatus = z.object({
  revision: Name.optional(),
  podTemplateHash: Name.optional(),
  images: Images.optional(),
  readyReplicas: z.int().optional(),
});

const CanaryStatus = VersionStatus.extend({
  /** Retries of the same revision; the first try is 0. */
  attempt: z.int().min(0),
  startedAt: Time,
  /** How this attempt was decided; absent while it is open. */
  outcome: z.enum(OUTCOMES).optional(),
  /** Why, as a CamelCase reason. */
  reason: z.string().max(64).optional(),
  decidedAt: Time.optional(),
  /** Time spent at weight 0 for want of ready canary pods, and since when that is so now. */
  unreadySeconds: Seconds.optional(),
  unreadySince: Time.optional(),
  /** Time that the deadline leaves out (waiting for a person or for traffic), and since when that is so now. */
  waitedSeconds: Seconds.optional(),
  waitingSince: Time.optional(),
});

const Check = z.object({
  name: Name,
  verdict: z.enum(VERDICTS),
  canary: Name.optional(),
  stable: Name.optional(),
  requests: z.object({ canary: z.int(), stable: z.int() }).optional(),
  why: Text.optional(),
});

const ConditionStatus = z.object({
  type: z.string().max(316),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string().max(1024),
  message: z.string().max(32768),
  lastTransitionTime: Time,
  observedGeneration: z.int().optional(),
});

const HistoryEntry = z.object({
  revision: Name,
  attempt: z.int().optional(),
  outcome: z.enum(OUTCOMES),
  startedAt: Time,
  finishedAt: Time,
  reason: Text.optional(),
  failedRequests: z.int().optional(),
  maxWeight: Weight.optional(),
});

export const CanaryRolloutStatus = z.object({
  observedGeneration: z.int().optional(),
  phase: z.enum(PHASES).optional(),
  message: Text.optional(),
  stable: VersionStatus.optional(),
  canary: CanaryStatus.optional(),
  target: z.object({ observedGeneration: z.int().optional() }).optional(),
  /** What a person's promote would pass: `Approval(step 2)`, `Inconclusive(step 2)`, `Person`; empty: nothing. */
  waitingFor: z.string().max(64).optional(),
  managed: z.object({ deployment: Name.optional(), services: z.array(Name).max(8).optional(), route: Name.optional() }).optional(),
  step: z
    .object({
      /** Counted from 0; the bake at 100 % comes after the last. */
      index: z.int().min(0),
      weight: Weight,
      state: z.enum(STEP_STATES),
      startedAt: Time,
      /** A person passed what this step waited for; Full skips the rest of the ladder. */
      passed: z.enum(["Step", "Full"]).optional(),
    })
    .optional(),
  traffic: z
    .object({
      /** The most that the canary may get now; a raise is written to the route only after this was stored. */
      weight: Weight,
      writtenAt: Time.optional(),
      observedShare: Weight.optional(),
      confirmedAt: Time.optional(),
    })
    .optional(),
  analysis: z
    .object({
      verdict: z.enum(VERDICTS),
      checks: z.array(Check).max(32).optional(),
      /** What the analysis must remember over a restart; versioned. */
      state: z.looseObject({ version: z.int() }).optional(),
    })
    .optional(),
  /** The last values that acted or were refused, by kind of intent: each acts once. */
  intents: z
    .object({ promote: UsedValues.optional(), abort: UsedValues.optional(), retry: UsedValues.optional(), restart: UsedValues.optional() })
    .optional(),
  /** When somebody else put back what Serin wrote, newest last. */
  reverts: z
    .object({ weights: Times.optional(), selector: Times.optional(), paused: Times.optional(), manager: Name.optional() })
    .optional(),
  history: z.array(HistoryEntry).max(10).optional(),
  conditions: z.array(ConditionStatus).max(16).optional(),
});
export type CanaryRolloutStatus = z.infer<typeof CanaryRolloutStatus>;
export type CheckStatus = z.infer<typeof Check>;
export type StatusCondition = z.infer<typeof ConditionStatus>;
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export type CanaryStatus = z.infer<typeof CanaryStatus>;
