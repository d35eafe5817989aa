// Numbers of the bounce ops: switches, log kinds, counters.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- bounce (assembly/dma/bounce*.ts, swiotlb*.ts) ---------------------------------
// switches 80..95
export const SWITCH_BOUNCE_KIND: u32 = 80; // BOUNCE_DMABOUNCE or BOUNCE_SWIOTLB
export const SWITCH_SWIOTLB_COPY_ALWAYS: u32 = 81; // 1 map copies to the buffer for every direction (5.18)
export const SWITCH_DMA_POOL_WASTE: u32 = 82; // 1 dma_pool never uses the last block of a page (to 6.2)
export const SWITCH_BOUNCE_EXACT: u32 = 83; // 1 dmabounce finds a buffer by its start only (to v3.4)
export const BOUNCE_DMABOUNCE: u32 = 0;
export const BOUNCE_SWIOTLB: u32 = 1;
export const LOG_GROUP_BOUNCE: u32 = 7; // copies and messages of the bounce ops
// kinds of LOG_GROUP_BOUNCE
export const LOGK_BOUNCE_MAP: u32 = 0; // original pa, buffer pa, size, direction, device
export const LOGK_BOUNCE_UNMAP: u32 = 1; // original pa, buffer pa, size, direction, device
export const LOGK_BOUNCE_COPY: u32 = 2; // to pa, from pa, bytes
export const LOGK_BOUNCE_MESSAGE: u32 = 3; // BOUNCE_SAYS_*, a, b, c, device
// what the kernel says or where it stops; operands in the order of the message
export const BOUNCE_SAYS_TOO_BIG: u32 = 1; // size, mask
export const BOUNCE_SAYS_HIGHMEM: u32 = 2;
export const BOUNCE_SAYS_NO_MEMORY: u32 = 3; // size
export const BOUNCE_SAYS_UNSAFE: u32 = 4; // original pa
export const BOUNCE_SAYS_INVALID: u32 = 5; // the handle is the error value
export const BOUNCE_SAYS_PENDING: u32 = 6; // BUG: unregister with live buffers
export const BOUNCE_SAYS_SIZE: u32 = 7; // BUG: mapped size, this size
export const BOUNCE_SAYS_DIRECTION: u32 = 8; // BUG: mapped direction, this direction
export const BOUNCE_SAYS_FULL: u32 = 9; // size, slots, used
export const BOUNCE_SAYS_OVERFLOW: u32 = 10; // buffer address, size: beyond the mask
export const BOUNCE_SAYS_BEFORE: u32 = 11; // original offset, requested offset
export const BOUNCE_SAYS_OVERRUN: u32 = 12; // allocation size, mapping size, offset
export const BOUNCE_SAYS_NO_POOL: u32 = 13; // no swiotlb
// machine-wide counters 160..191: bounce
export const COUNT_BOUNCED: u32 = 160; // mappings that got a buffer
export const COUNT_BOUNCE_DIRECT: u32 = 161; // mappings that needed none
export const COUNT_BOUNCE_IN: u32 = 162; // bytes copied into buffers
export const COUNT_BOUNCE_OUT: u32 = 163; // bytes copied back
export const COUNT_BOUNCE_FULL: u32 = 164; // mappings refused: no buffer
export const COUNT_BOUNCE_REFUSED: u32 = 165; // mappings refused: too big, highmem, buffer unreachable
export const COUNT_BOUNCE_BUGS: u32 = 166; // calls at which the kernel stops; nothing is done
export const COUNT_BOUNCE_INVALID: u32 = 167; // unmap or sync of the error value
export const COUNT_BOUNCE_CLAMPED: u32 = 168; // copies cut because they would leave their buffer
export const COUNT_BOUNCE_INNER: u32 = 169; // unmaps by an address inside a buffer: all of it is freed
export const COUNT_BOUNCE_TWICE: u32 = 170; // unmaps of swiotlb slots that are free
