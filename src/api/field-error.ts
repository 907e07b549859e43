/** A refused value: where it stands, what it is, and what to write instead. */
export interface FieldError {
  /** `spec.strategy.steps[1].weight` */
  readonly path: string;
  readonly value: unknown;
  readonly message: string;
  readonly fix: string;
}
