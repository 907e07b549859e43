/** Success or failure, as Linkerd's proxies class an answer. */

/** gRPC codes that are the server's fault: UNKNOWN, DEADLINE_EXCEEDED, PERMISSION_DENIED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const FAILED_GRPC: ReadonlySet<string> = new Set(["2", "4", "7", "13", "14", "15"]);

export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** `grpc-status`, where the answer has one. */
  readonly grpcStatus?: string | undefined;
}

export function isFailure({ status, grpcStatus }: Answer): boolean {
  return grpcStatus === undefined ? status >= 500 : FAILED_GRPC.has(grpcStatus);
}
