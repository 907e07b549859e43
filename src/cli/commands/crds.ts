/** `serin crds`: what `kubectl apply -f -` installs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { packageRoot } from "../package-root.ts";

export const crds = defineCommand({
  define(command) {
    command.addHelpText("after", "\nInstall or renew them: serin crds | kubectl apply -f -");
  },
  async run({ io }) {
    const folder = join(packageRoot(), "crds");
    const files = readdirSync(folder).filter((name) => name.startsWith("serin.dev_") && name.endsWith(".yaml"));
    const texts = files.toSorted().map((name) => readFileSync(join(folder, name), "utf8").trimEnd());
    io.stdout.write(`${texts.join("\n---\n")}\n`);
    return EXIT.done;
  },
});
