/** Addresses of 10.244.0.0/16, given in order and taken back; one that was given back comes again last. */
export interface Addresses {
  take(): string;
  giveBack(address: string): void;
}

const LAST = 65_534;

export function createAddresses(): Addresses {
  const taken = new Set<string>();
  let next = 0;
  return {
    take() {
      for (let tries = 0; tries < LAST; tries += 1) {
        next = (next % LAST) + 1;
        const address = `10.244.${next >> 8}.${next & 255}`;
        if (!taken.has(address)) {
          taken.add(address);
          return address;
        }
      }
      throw new Error("10.244.0.0/16 is used up");
    },
    giveBack: (address) => void taken.delete(address),
  };
}
