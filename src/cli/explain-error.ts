/** What an error of the API server means to the person at the keyboard, and what to try. Pure. */
import { ApiError, RESOURCES } from "../domain/kube.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

export function explainError(error: unknown, server: string): unknown {
  if (!(error instanceof ApiError)) return error;
  if (isMissingCrd(error)) {
    return new Failure(
      EXIT.unreachable,
      `${server} does not know CanaryRollouts`,
      ["install them: serin crds | kubectl apply -f -"],
      error,
    );
  }
  if (error.status === 0) {
    return new Failure(
      EXIT.unreachable,
      `cannot reach the API server ${server}: ${error.message}`,
      ["is it the right cluster? kubectl config current-context", "does it answer? kubectl get --raw /version"],
      error,
    );
  }
  if (error.status === 401) {
    return new Failure(
      EXIT.unreachable,
      `${server} refuses the credentials: ${error.message}`,
      ["log in again, or choose another --context"],
      error,
    );
  }
  if (error.status === 403) {
    const message = error.message.replace(/ of Serin's service account$/, " that is bound to you");
    return new Failure(EXIT.unreachable, `${server}: you ${message}`, ["ask kubectl auth can-i --list what you may do"], error);
  }
  return new Failure(EXIT.unreachable, `${server}: ${error.message}`, [], error);
}

/** A list of a kind that is served is never "not found". */
function isMissingCrd({ status, verb, resource }: ApiError): boolean {
  return status === 404 && (verb === "list" || verb === "watch") && resource.plural === RESOURCES.canaryRollouts.plural;
}
