// A progress bar on stderr, on a terminal only.

import type { Io } from "./io.js";

/** Progress of one long run; a bar where someone can see it, nothing otherwise. */
export interface Progress {
  /** `done` of `total` units (bytes of input as a rule), and a word about the speed. */
  update(done: number, total: number, detail: string): void;
  stop(): void;
}

const SILENT: Progress = { update() {}, stop() {} };

/** Starts a bar titled `title`. */
export async function startProgress(title: string, io: Io): Promise<Progress> {
  if (io.stderr.isTTY !== true) return SILENT;
  const { default: cliProgress } = await import("cli-progress");
  const bar = new cliProgress.SingleBar(
    {
      format: `${title} [{bar}] {percentage}% {detail}`,
      stream: io.stderr,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 30,
    },
    cliProgress.Presets.legacy,
  );
  bar.start(1, 0, { detail: "" });
  return {
    update(done, total, detail) {
      bar.setTotal(Math.max(total, 1));
      bar.update(Math.min(done, total), { detail });
    },
    stop() {
      bar.stop();
    },
  };
}
