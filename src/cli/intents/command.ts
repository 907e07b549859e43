/** The commands that write an intent: look, refuse or write one annotation, say what happens, and wait where asked to. */
import type { Command } from "commander";
import { RESOURCES } from "../../domain/kube.ts";
import type { IntentKind } from "../../engine/intents.ts";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { type CliCommand, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { remark, say } from "../io.ts";
import { factsOf } from "../release/facts.ts";
import { leaseWarning } from "../release/lease.ts";
import { readController, readRelease } from "../release/read.ts";
import { timeoutMsOf, waitFor } from "../wait/run.ts";
import { withCluster } from "../with-cluster.ts";
import { INTENT } from "./intent.ts";

interface Options extends ClusterOptions {
  readonly full?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly leaseNamespace?: string;
}

export function intentCommand(kind: IntentKind, define: (command: Command) => void = () => {}): CliCommand {
  return defineCommand<Options>({
    define(command) {
      addClusterOptions(command)
        .argument("<name>", "name of the CanaryRollout")
        .option("--wait", "then wait until the release is decided, as serin wait does")
        .option("--timeout <duration>", "how long --wait waits at most", "30m")
        .option("--lease-namespace <name>", "where the controller's lease is; default: looked for everywhere");
      define(command);
    },
    run(invocation) {
      const { args, options, io, signal } = invocation;
      const [name = ""] = args;
      const timeoutMs = timeoutMsOf(options.timeout);
      return withCluster(invocation, async (cluster) => {
        const now = io.clock.now();
        const { leaseNamespace } = options;
        const objects = await readRelease(cluster, name, signal);
        const facts = factsOf(objects);
        const asked = INTENT[kind]({ facts, now, full: options.full });
        if (!asked.ok) throw new Failure(EXIT.badInput, `${kind} ${name}: ${asked.why}`, [asked.help]);
        const patch = { metadata: { annotations: { [asked.annotation]: asked.value } } };
        await cluster.client.mergePatch(RESOURCES.canaryRollouts, cluster.namespace, name, patch, signal);
        say(io, `${asked.annotation}: ${asked.value}`, asked.next);
        const { attempt } = asked;
        // A restart's revision comes into being when the controller acts on it: nothing is named to wait for.
        const wanted = { attempt, waitForPerson: true, differentFrom: kind === "restart" ? facts.revision : undefined };
        if (options.wait) return codeFor(kind, await waitFor(cluster, name, wanted, { timeoutMs, leaseNamespace }, invocation));
        const warning = leaseWarning(await readController(cluster, { rollout: objects.rollout, leaseNamespace, now }, signal));
        if (warning !== undefined) remark(io, `serin: ${warning}`);
        return EXIT.done;
      });
    },
  });
}

/** Of an abort the roll-back is the good end. */
function codeFor(kind: IntentKind, code: ExitCode): ExitCode {
  if (kind !== "abort") return code;
  return code === EXIT.failed ? EXIT.done : code === EXIT.done ? EXIT.failed : code;
}
