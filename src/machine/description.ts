// What a machine tells about an address, and what a snapshot says about a machine.

import type { NoncoherentBuffer } from "../dma/noncoherent.js";
import type { Profile } from "../dma/profiles.js";
import type { SavedMapping } from "../iommu/mapping.js";
import type { SocDescription } from "../soc/types.js";
import type { UnknownRegisterPolicy } from "../sysmmu/sysmmu.js";
import type { SavedAccess } from "./held.js";
import type { MappingRecord } from "./history.js";
import type { PowerPolicy } from "./power.js";

/** Result of {@link Machine.explain}. */
export interface Explanation {
  /** Several lines for people. */
  readonly text: string;
  /** Mapping that holds the address now, or null. */
  readonly holder: MappingRecord | null;
  /** Mapping that held it last, or null. */
  readonly lastHolder: MappingRecord | null;
  /** Where nothing holds the address now: mapping that ends right before it, or null. */
  readonly neighbour: MappingRecord | null;
}

/** @internal What only the host knows of a machine: kept in its snapshots. */
export interface Description {
  readonly soc: SocDescription;
  readonly profile: Profile;
  readonly devices: readonly { name: string; ports: readonly string[] }[];
  readonly sysmmus: readonly { name: string; unknownRegisters: UnknownRegisterPolicy }[];
  readonly powerPolicy: PowerPolicy;
  readonly mappings: readonly SavedMapping[];
  readonly labels: readonly string[];
  /** What `memory.alloc` gave out: address and bytes. */
  readonly pages: readonly (readonly [pa: number, bytes: number])[];
  readonly noncoherent: readonly (NoncoherentBuffer & { device: number })[];
  /** Accesses that System MMUs hold. */
  readonly held: readonly SavedAccess[];
  /** Address of the state of interrupts and power (board.ts). */
  readonly board: number;
}
