/** `serin lint [PATHS...]`: what the API server would refuse, and more, before it is asked. */
import { lintFiles } from "../../api/lint.ts";
import { PRESETS } from "../../metrics/presets/index.ts";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { remark, say } from "../io.ts";
import { asJson, asJunit, asText } from "../lint/report.ts";
import { readSources } from "../lint/sources.ts";
import { outputOption } from "../output.ts";

interface Options {
  readonly output?: "json" | "junit";
}

export const lint = defineCommand<Options>({
  define(command) {
    command
      .argument("[paths...]", "files, folders (all *.yaml, *.yml and *.json below them), - for standard input")
      .addOption(outputOption("json", "junit"))
      .addHelpText("after", "\nExit code 3 where anything was found. Objects of other kinds are only looked at beside a CanaryRollout.");
  },
  async run({ args, options, io }) {
    if (args.length === 0)
      throw new Failure(EXIT.badInput, "lint what?", ["name files or folders, or - for standard input: serin lint deploy/"]);
    const sources = await readSources(args, io);
    const report = lintFiles(sources, { presets: Object.keys(PRESETS) });
    if (options.output === "json") say(io, asJson(report, sources));
    else if (options.output === "junit") say(io, asJunit(report, sources));
    else say(io, ...asText(report, sources));
    if (report.rollouts === 0) remark(io, "serin: there was no CanaryRollout among them");
    return report.findings.length === 0 ? EXIT.done : EXIT.badInput;
  },
});
