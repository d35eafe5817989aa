// Raw exports of the System MMU floor. u32 results come back signed: `>>> 0`.

/** Functions of assembly/sysmmu; `index` is an instance, 0..63. */
export interface SysmmuExports {
  sysmmuCreate(
    version: number,
    l1Sets?: number,
    l1Ways?: number,
    l2Sets?: number,
    l2Ways?: number,
    flpdLines?: number,
    fetch?: number,
  ): number;
  sysmmuSetBlockPolls(index: number, polls: number): void;
  sysmmuInject(
    index: number,
    intStatus: number,
    pageAddr: number,
    awAddr: number,
    arAddr: number,
    defaultSlaveAddr: number,
  ): void;
  sysmmuRegWrite(index: number, offset: number, value: number): void;
  sysmmuRegRead(index: number, offset: number): number;
  sysmmuPeek(index: number, offset: number): number;
  sysmmuMarkStale(index: number, va: number, bytes: number, owner: number): void;
}
