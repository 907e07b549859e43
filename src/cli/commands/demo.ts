/** `serin demo`: one good and one bad release before your eyes, with nothing but Node.js. */
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";

interface Options {
  readonly report?: string;
  readonly keep?: boolean;
}

export const demo = defineCommand<Options>({
  define(command) {
    command
      .option("--report <file>", "write what happened as JSON")
      .option("--keep", "leave it running at the end, to play with by kubectl")
      .addHelpText("after", "\nExit code 0 only if the good release was promoted and the bad one rolled back.");
  },
  async run({ options, signal }) {
    const { runDemo } = await import("../../standin/demo/run.ts");
    return (await runDemo(options, signal)) ? EXIT.done : EXIT.failed;
  },
});
