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

export const OUTCOMES = ["Promoted", "RolledBack", "Stopped", "Superseded", "Reverted", "NoPods", "Shipped", "Removed"] as const;
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
  revision: Name.describe("Which version: the pod-template-hash of its ReplicaSet.").optional(),
  podTemplateHash: Name.describe("Label value that its pods carry.").optional(),
  images: Images.describe("Images of its containers.").optional(),
  readyReplicas: z.int().describe("Pods that are ready.").optional(),
});

const CanaryStatus = VersionStatus.extend({
  attempt: z.int().min(0).describe("Retries of this revision; the first try is 0."),
  startedAt: Time.describe("When this attempt began."),
  outcome: z.enum(OUTCOMES).describe("How this attempt ended; absent while it is open.").optional(),
  reason: z.string().max(64).describe("Why it ended so, as a CamelCase reason.").optional(),
  decidedAt: Time.describe("When that was decided.").optional(),
  sized: z.int().min(0).describe("The largest size that was available at once: readyTimeout has done its work for it.").optional(),
  unreadySeconds: Seconds.describe("Time spent at weight 0 for want of ready canary pods.").optional(),
  unreadySince: Time.describe("Since when that is so now.").optional(),
  waitedSeconds: Seconds.describe("Time that the deadline leaves out: spent waiting for a person or for traffic.").optional(),
  waitingSince: Time.describe("Since when that is so now.").optional(),
});

const Check = z.object({
  name: Name.describe("Which check."),
  verdict: z.enum(VERDICTS).describe("What this check says now."),
  canary: Name.describe("The canary's number.").optional(),
  stable: Name.describe("The same of the stable version.").optional(),
  requests: z.object({ canary: z.int(), stable: z.int() }).describe("How many requests the numbers are made of.").optional(),
  why: Text.describe("The verdict in words.").optional(),
});

const ConditionStatus = z.object({
  type: z.string().max(316).describe("Ready, Reconciling, Stalled, TrafficConfirmed, AnalysisHealthy, GitOpsConflict."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  reason: z.string().max(1024).describe("Why, as a CamelCase word that alerts can rely on."),
  message: z.string().max(32768).describe("Why, in words, and what to do."),
  lastTransitionTime: Time.describe("When status last changed."),
  observedGeneration: z.int().describe("The generation of the spec that this was said about.").optional(),
});

const HistoryEntry = z.object({
  revision: Name.describe("Which version was tried."),
  attempt: z.int().describe("Retries before this one.").optional(),
  outcome: z.enum(OUTCOMES).describe("How it ended."),
  startedAt: Time.describe("When it began."),
  finishedAt: Time.describe("When it was over."),
  reason: Text.describe("Why it ended so.").optional(),
  failedRequests: z.int().describe("Requests to the canary that failed.").optional(),
  maxWeight: Weight.describe("The most that the canary got.").optional(),
});

const StepStatus = z.object({
  index: z.int().min(0).describe("Counted from 0; the bake at 100 % comes after the last."),
  position: z.string().max(8).describe("The same for people: 3/4, or bake.").optional(),
  weight: Weight.describe("Weight of the step."),
  state: z.enum(STEP_STATES).describe("Getting pods, getting weight, waiting for the mesh to confirm it, gathering evidence, or waiting."),
  startedAt: Time.describe("When the step began."),
  passed: z.enum(["Step", "Full"]).describe("A person passed what this step waited for; Full skips the rest of the steps.").optional(),
});

const TrafficStatus = z.object({
  weight: Weight.describe("The most that the canary may get now. A raise is written to the route only after this was stored."),
  writtenAt: Time.describe("When the route got it.").optional(),
  observedShare: Weight.describe("The share of requests that the mesh saw reaching the canary.").optional(),
  confirmedAt: Time.describe("When the mesh's share first agreed with the weight.").optional(),
});

const AnalysisStatus = z.object({
  verdict: z.enum(VERDICTS).describe("What all checks say together."),
  checks: z
    .array(Check)
    .max(32)
    .meta({ description: "Each check with its numbers.", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .optional(),
  state: z.looseObject({ version: z.int() }).describe("What the analysis must remember over a restart; versioned.").optional(),
});

const ManagedStatus = z.object({
  deployment: Name.describe("The frozen Deployment.").optional(),
  services: z.array(Name).max(8).describe("The pinned and created Services.").optional(),
  route: Name.describe("The route that splits the requests.").optional(),
});

const IntentsStatus = z.object({
  promote: UsedValues.optional(),
  abort: UsedValues.optional(),
  retry: UsedValues.optional(),
  restart: UsedValues.optional(),
});

const RevertsStatus = z.object({
  weights: Times.optional(),
  selector: Times.optional(),
  paused: Times.optional(),
  manager: Name.describe("The field manager that did it last.").optional(),
});

export const CanaryRolloutStatus = z
  .object({
    observedGeneration: z.int().describe("The generation of the spec that this status is about; -1 before the first look.").optional(),
    phase: z.enum(PHASES).describe("Where the release is, for people. Programs read the conditions.").optional(),
    message: Text.describe("What happens now, or what is waited for.").optional(),
    stable: VersionStatus.describe("The version that users had before the release, and have after a rollback.").optional(),
    canary: CanaryStatus.describe("The version that is tried, or was tried last.").optional(),
    target: z
      .object({ observedGeneration: z.int().describe("The Deployment's generation at the last look.").optional() })
      .describe("What was seen of the target.")
      .optional(),
    waitingFor: z
      .string()
      .max(64)
      .describe("What a person's promote would pass: Approval(step 2), Inconclusive(step 2), Person; empty: nothing.")
      .optional(),
    managed: ManagedStatus.describe("What is frozen, pinned or routed now.").optional(),
    step: StepStatus.describe("The step of a running release.").optional(),
    traffic: TrafficStatus.describe("The split of the requests.").optional(),
    analysis: AnalysisStatus.describe("What the numbers say.").optional(),
    intents: IntentsStatus.describe("The last values that acted or were refused, by kind of intent: each acts once.").optional(),
    refused: z
      .object({ by: z.string().max(512).describe("Who."), at: Time.describe("When it was told.") })
      .describe("The last resume of the Deployment that the install's policy undid.")
      .optional(),
    reverts: RevertsStatus.describe("When somebody else put back what Serin wrote, newest last.").optional(),
    history: z.array(HistoryEntry).max(10).describe("The last releases.").optional(),
    conditions: z
      .array(ConditionStatus)
      .max(16)
      .meta({ description: "In the form of kstatus.", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
      .optional(),
  })
  .describe("What Serin does and why. Written by the controller.");
export type CanaryRolloutStatus = z.infer<typeof CanaryRolloutStatus>;
export type CheckStatus = z.infer<typeof Check>;
export type StatusCondition = z.infer<typeof ConditionStatus>;
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export type CanaryStatus = z.infer<typeof CanaryStatus>;
