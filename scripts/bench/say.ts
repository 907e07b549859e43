/** Results go to stdout, line by line; what is under way to stderr, each line over the one before where that is a terminal. */
export interface Say {
  line(text?: string): void;
  progress(text: string): void;
}

export function createSay(): Say {
  const { stdout, stderr } = process;
  const clear = () => void (stderr.isTTY && stderr.write("\r\x1b[K"));
  return {
    line(text = "") {
      clear();
      stdout.write(`${text}\n`);
    },
    progress(text) {
      clear();
      stderr.write(stderr.isTTY ? text : `  ${text}\n`);
    },
  };
}
