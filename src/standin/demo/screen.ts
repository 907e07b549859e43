/** Where the demo is shown: a picture that is redrawn in place, with what happened above it; without a terminal plain lines. */
import { createLogUpdate } from "log-update";

export interface Screen {
  /** Stays. */
  line(text: string): void;
  /** Replaces the last picture. Nothing without a terminal. */
  picture(lines: readonly string[]): void;
  end(): void;
}

export function createScreen(stdout: NodeJS.WritableStream, live: boolean): Screen {
  if (!live) return { line: (text) => void stdout.write(`${text}\n`), picture: () => {}, end: () => {} };
  const update = createLogUpdate(stdout);
  let last = "";
  return {
    line(text) {
      update.clear();
      stdout.write(`${text}\n`);
      if (last !== "") update(last);
    },
    picture(lines) {
      last = lines.join("\n");
      update(last);
    },
    end() {
      update.clear();
      last = "";
      update.done();
    },
  };
}
