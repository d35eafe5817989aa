// What became of the events of a recording.
//
// Not modelled: numbers only.

/** What the converter counts. `replayed + beforeRecording + below + skipped` is the number of events. */
export interface ConverterCounts {
  /** Events that became records. */
  replayed: number;
  /** Unmaps, frees and syncs of mappings that nobody made in the recording. */
  beforeRecording: number;
  /** Lines of the layers below a call. */
  below: number;
  /** Of these: cleans of page-table memory by the recorded driver. */
  tableSyncs: number;
  /** Events that ask nothing: attach notices, failed maps, frees of NULL. */
  skipped: number;
  /** Of these: maps and allocations that failed on the recording machine. */
  failed: number;
  /** Maps and allocations of 4 GiB or more (in `skipped`): no 32-bit machine makes them. */
  tooLarge: number;
  /** Bounce notices (in `below`). */
  bounced: number;
}

/** @internal All zero. */
export function noCounts(): ConverterCounts {
  return {
    replayed: 0,
    beforeRecording: 0,
    below: 0,
    tableSyncs: 0,
    skipped: 0,
    failed: 0,
    tooLarge: 0,
    bounced: 0,
  };
}
