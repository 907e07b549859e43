/**
 * Failures that only clients saw: what their proxies count as failed at a backend, less what the backend's pods report as
 * failed for requests through the mesh.
 *
 * The two sides are read at moments of their own, so a failure may be in one of them now and in the other at the next
 * moment. Therefore an excess of one moment is matched with the lack of its neighbours: where the readings are apart in
 * time, or a pod of the backend was not read, an excess counts only when the next moment has not explained it.
 */

export interface Balance {
  /** Seen by clients, waiting for the servers' word. */
  readonly excess: number;
  /** Reported by servers, waiting for the clients' word. */
  readonly lack: number;
}

export const BALANCED: Balance = { excess: 0, lack: 0 };

export interface Sides {
  /** Failures that clients counted in this moment. */
  readonly client: number;
  /** Failures of meshed requests that servers counted in it. */
  readonly server: number;
  /** Servers may still report what clients saw. */
  readonly serversLate: boolean;
  /** Clients may still report what servers saw; else it is a failure of a caller that nobody named. */
  readonly clientsLate: boolean;
}

export function settle(
  balance: Balance,
  { client, server, serversLate, clientsLate }: Sides,
): { readonly balance: Balance; readonly clientOnly: number } {
  // The oldest first: what waits is matched before what came now.
  const late = Math.min(balance.excess, server);
  const early = Math.min(balance.lack, client);
  const net = client - early - (server - late);
  const excess = Math.max(0, net);
  const lack = Math.max(0, -net);
  return {
    clientOnly: balance.excess - late + (serversLate ? 0 : excess),
    balance: { excess: serversLate ? excess : 0, lack: lack + (clientsLate ? balance.lack - early : 0) },
  };
}
