/** What the exit code of `serin` says to a script. Part of the interface: numbers never change their meaning. */
export const EXIT = {
  /** Done and good. */
  done: 0,
  /** Rolled back or failed. */
  failed: 1,
  /** No verdict: traffic is held for want of evidence. */
  inconclusive: 2,
  /** Arguments, names or manifests that cannot be right. */
  badInput: 3,
  /** The cluster or the source of metrics cannot be reached, or refuses. */
  unreachable: 4,
  timedOut: 5,
  /** Another revision took the place of the one that was asked about. */
  superseded: 6,
  waitingForPerson: 7,
  stillRunning: 8,
  /** Ended by Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODE_HELP = `Exit codes: 0 done and good, 1 rolled back or failed, 2 inconclusive, 3 bad input, 4 cluster or metrics
unreachable, 5 timed out, 6 superseded by another revision, 7 waiting for a person, 8 still running.`;
