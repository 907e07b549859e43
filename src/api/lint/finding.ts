/** What lint has to say about one place of a file. */
export interface Finding {
  readonly file: string;
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** The field, `spec.strategy.steps[1].weight`; empty where the file cannot be read as YAML. */
  readonly path: string;
  readonly value: unknown;
  readonly message: string;
  readonly fix: string;
}

export interface Source {
  readonly name: string;
  readonly text: string;
}
