/** `serin wait NAME`: for pipelines. Ends when the release that was asked for is decided, never for the one before. */
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { outputOption } from "../output.ts";
import { timeoutMsOf, waitFor } from "../wait/run.ts";
import { withCluster } from "../with-cluster.ts";

interface Options extends ClusterOptions {
  readonly image?: string;
  readonly revision?: string;
  readonly timeout: string;
  readonly waitForPerson: boolean;
  readonly leaseNamespace?: string;
  readonly output?: "json";
}

const HELP = `
Which release: the one of --image (the whole reference, or its end from a slash on), of --revision (4 characters or
more), or without either of the template that the Deployment has when the waiting begins. It is waited for until it
appears, so that a pipeline may start this before or after it applies.
A release that waits for approval, or is suspended, is waited for too, until --timeout; --no-wait-for-person ends with 7.`;

export const wait = defineCommand<Options>({
  define(command) {
    addClusterOptions(command)
      .argument("<name>", "name of the CanaryRollout")
      .option("--image <image>", "the release that brings this image")
      .option("--revision <revision>", "the release of this revision")
      .option("--timeout <duration>", "how long at most", "30m")
      .option("--no-wait-for-person", "end with 7 as soon as a person must act")
      .option("--lease-namespace <name>", "where the controller's lease is; default: looked for everywhere")
      .addOption(outputOption("json"))
      .addHelpText("after", HELP);
  },
  run(invocation) {
    const { args, options } = invocation;
    const { image, revision, waitForPerson, leaseNamespace, output } = options;
    if (image !== undefined && revision !== undefined)
      throw new Failure(EXIT.badInput, "--image and --revision name two things to wait for: choose one");
    if (revision !== undefined && revision.length < 4)
      throw new Failure(EXIT.badInput, `--revision ${revision} is too short`, ["4 characters or more"]);
    const timeoutMs = timeoutMsOf(options.timeout);
    return withCluster(invocation, (cluster) =>
      waitFor(cluster, args[0] ?? "", { image, revision, waitForPerson }, { timeoutMs, leaseNamespace, output }, invocation),
    );
  },
});
