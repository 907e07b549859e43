/** Binaries that a test needs. Where one is absent the test is skipped with its name and the reason; under SERIN_REQUIRE a skip is a failure. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface Requirement {
  readonly skip: boolean;
  /** For the title of what is skipped; "" where nothing is. */
  readonly why: string;
}

/** Use as `describe.skipIf(kubectl.skip)(`kubectl reads${kubectl.why}`, ...)`. Throws where `SERIN_REQUIRE` (a comma-separated list) names it. */
export function requires(binary: string): Requirement {
  if (isOnPath(binary)) {
    return { skip: false, why: "" };
  }
  if ((process.env["SERIN_REQUIRE"] ?? "").split(",").includes(binary)) {
    throw new Error(`${binary} is not on PATH, and SERIN_REQUIRE says that its tests must run`);
  }
  return { skip: true, why: ` (skipped: ${binary} is not on PATH)` };
}

function isOnPath(binary: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
