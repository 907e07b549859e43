/** `serin status NAME [-w]`: the picture of a release; live where a terminal shows it, else a line for every change. */
import { createLogUpdate } from "log-update";
import { addClusterOptions, type ClusterOptions } from "../cluster-options.ts";
import { defineCommand, type Invocation } from "../command.ts";
import type { Cluster } from "../connect.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type Io, remark, say } from "../io.ts";
import { outputOption, printed, shown } from "../output.ts";
import { type Facts, factsOf } from "../release/facts.ts";
import type { ControllerState } from "../release/lease.ts";
import { readController, readRelease, readRollout, targetOf } from "../release/read.ts";
import { exitCodeOf } from "../release/state.ts";
import { watchRelease } from "../release/watch.ts";
import { progressLine } from "../release/words.ts";
import type { Picture } from "../status/picture.ts";
import { render } from "../status/render.ts";
import { withCluster } from "../with-cluster.ts";

interface Options extends ClusterOptions {
  readonly watch?: boolean;
  readonly output?: "json" | "yaml";
  readonly leaseNamespace?: string;
}

/** Ages grow by themselves. */
const REDRAW_MS = 1000;
/** The lease is looked at as often as it may end. */
const LEASE_MS = 15_000;

export const status = defineCommand<Options>({
  define(command) {
    addClusterOptions(command)
      .argument("<name>", "name of the CanaryRollout")
      .option("-w, --watch", "follow it until Ctrl-C; without a terminal a line for every change")
      .option("--lease-namespace <name>", "where the controller's lease is; default: looked for everywhere")
      .addOption(outputOption("json", "yaml"))
      .addHelpText("after", "\nThe exit code says how it stands, as the last word of the picture does.");
  },
  run: (invocation) =>
    withCluster(invocation, (cluster) => (invocation.options.watch ? follow(cluster, invocation) : showOnce(cluster, invocation))),
});

async function showOnce(cluster: Cluster, { args: [name = ""], options, io, signal }: Invocation<Options>): Promise<ExitCode> {
  const now = io.clock.now();
  const objects = await readRelease(cluster, name, signal);
  const controller = await readController(cluster, { rollout: objects.rollout, leaseNamespace: options.leaseNamespace, now }, signal);
  const picture = pictureOf(factsOf(objects), controller);
  if (options.output === undefined) say(io, ...render(picture, now, { paint: io.paint }));
  else say(io, printed(shown(objects.rollout), options.output));
  return picture.exitCode;
}

function pictureOf(facts: Facts, controller: ControllerState): Picture {
  return { facts, controller, exitCode: exitCodeOf(facts) };
}

async function follow(cluster: Cluster, invocation: Invocation<Options>): Promise<ExitCode> {
  const { args, options, io, signal } = invocation;
  const [name = ""] = args;
  const live = io.stdout.isTTY === true && options.output === undefined;
  const screen = live ? livePicture(io) : changesAsLines(io, options.output);
  const target = targetOf(await readRollout(cluster, name, signal));
  const onTrouble = (error: unknown) =>
    remark(io, `the API server cannot be followed, trying on: ${error instanceof Error ? error.message : error}`);
  let exitCode: ExitCode = EXIT.interrupted;
  let lease: { readonly state: ControllerState; readonly at: number } | undefined;
  try {
    const watched = watchRelease({ cluster, name, target, clock: io.clock, everyMs: live ? REDRAW_MS : undefined, onTrouble }, signal);
    for await (const { rollout, ...objects } of watched) {
      if (rollout === undefined) {
        remark(io, `CanaryRollout ${name} is gone`);
        return EXIT.failed;
      }
      const now = io.clock.now();
      if (lease === undefined || now - lease.at > LEASE_MS) {
        const question = { rollout, leaseNamespace: options.leaseNamespace, now };
        lease = { state: await readController(cluster, question, signal), at: now };
      }
      const picture = pictureOf(factsOf({ rollout, ...objects }), lease.state);
      exitCode = picture.exitCode;
      screen.show(picture, now);
    }
    return exitCode;
  } catch (error) {
    // Whoever stops watching has seen enough: the answer is how it stands.
    if (signal.aborted) return exitCode;
    throw error;
  } finally {
    screen.end();
  }
}

interface Screen {
  show(picture: Picture, now: number): void;
  end(): void;
}

function livePicture(io: Io): Screen {
  const draw = createLogUpdate(io.stdout);
  return {
    show: (picture, now) => draw(render(picture, now, { paint: io.paint }).join("\n")),
    end: () => draw.done(),
  };
}

function changesAsLines(io: Io, format: Options["output"]): Screen {
  let last = "";
  return {
    show({ facts }, now) {
      const line = format === undefined ? progressLine(facts) : printed(shown(facts.rollout), format);
      if (line === last) return;
      last = line;
      say(io, format === undefined ? `${new Date(now).toISOString()}  ${line}` : line, ...(format === "yaml" ? ["---"] : []));
    },
    end() {},
  };
}
