// Raw exports of the System MMU floor. u32 results come back signed: `>>> 0`.

/** Functions of assembly/sysmmu; `index` is an instance, 0..63; pointers are linear memory. */
export interface SysmmuExports {
  sysmmuCreate(
    version: number,
    l1Sets: number,
    l1Ways: number,
    l2Sets: number,
    l2Ways: number,
    flpdLines: number,
    fetch: number,
  ): number;
  sysmmuReset(index: number): void;
  sysmmuHolds(index: number): number;
  sysmmuDark(index: number): number;
  sysmmuSetDark(index: number, bits: number): void;
  sysmmuSetSpace(index: number, space: number): void;
  sysmmuSetBlockPolls(index: number, polls: number): void;
  sysmmuInject(
    index: number,
    intStatus: number,
    pageAddr: number,
    awAddr: number,
    arAddr: number,
    defaultSlaveAddr: number,
  ): void;
  sysmmuIrqLevel(index: number): number;
  sysmmuRegWrite(index: number, offset: number, value: number): void;
  sysmmuRegRead(index: number, offset: number): number;
  sysmmuPeek(index: number, offset: number): number;
  sysmmuSetBuffers(index: number, count: number): number;
  sysmmuMarkStale(index: number, va: number, bytes: number, owner: number): void;
  sysmmuExplain(index: number, va: number, out: number): void;
  sysmmuTranslate(index: number, va: number, write: number): number;
  sysmmuStop(index: number): number;
  sysmmuPaHigh(index: number): number;
  sysmmuTranslateBatch(index: number, input: number, output: number, n: number, write: number): number;
  sysmmuAccess(
    index: number,
    va: number,
    bytes: number,
    burst: number,
    write: number,
    op: number,
    buffer: number,
  ): number;
  walkBatch(ptBase: number, input: number, output: number, n: number): void;
  walkBase(index: number): number;
}
