/** `serin demo`: one good and one bad release before your eyes, with nothing but Node.js. */
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";

interface Options {
  readonly report?: string;
  readonly keep?: boolean;
  readonly real?: boolean;
  readonly prometheus?: boolean;
}

export const demo = defineCommand<Options>({
  define(command) {
    command
      .option("--report <file>", "write what happened as JSON")
      .option("--real", "on a real Kubernetes control plane, found on PATH or built with Go")
      .option("--prometheus", "judged by a Prometheus, found on PATH, in place of the proxies themselves")
      .option("--keep", "leave it running at the end, to play with by kubectl")
      .addHelpText("after", "\nExit code 0 only if the good release was promoted and the bad one rolled back.");
  },
  async run({ options, signal }) {
    const { runDemo } = await import("../../standin/demo/run.ts");
    try {
      return (await runDemo(options, signal)) ? EXIT.done : EXIT.failed;
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      const [message = "", ...more] = error.message.split("\n");
      throw new Failure(EXIT.failed, message, more);
    }
  },
});
