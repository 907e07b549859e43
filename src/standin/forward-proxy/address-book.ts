/** Which local port answers for an address of the pod network. The addresses themselves exist nowhere. */

export const POD_NETWORK = "10.244.";

export interface AddressBook {
  add(ip: string, port: number, localPort: number): void;
  /** All ports of that address. */
  remove(ip: string): void;
  find(ip: string, port: number): number | undefined;
}

export function createAddressBook(): AddressBook {
  const ports = new Map<string, Map<number, number>>();
  return {
    add(ip, port, localPort) {
      const of = ports.get(ip) ?? new Map<number, number>();
      ports.set(ip, of.set(port, localPort));
    },
    remove(ip) {
      ports.delete(ip);
    },
    find: (ip, port) => ports.get(ip)?.get(port),
  };
}
