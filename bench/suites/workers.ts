// Two traces on two cores: worker threads with a machine each, against the same two traces one
// after the other in one worker. Nothing is shared, so only the memory system can stand between.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Point, TimedContender } from "../harness.js";
import { CAMERA_SHORT, NVME, type Stream, streamOf } from "../recordings.js";
import { timedByClock } from "../share.js";
import type { Suite } from "../suite.js";
import type { Answer, Ask } from "../workers/player.js";

/** A worker with the machine of one stream, asked one thing at a time. */
class Player {
  readonly #worker: Worker;
  #answer!: (answer: Answer) => void;
  #fail!: (error: Error) => void;

  constructor(stream: Stream) {
    const module = new URL("../workers/player.ts", import.meta.url).href;
    this.#worker = new Worker(new URL("../workers/entry.mjs", import.meta.url), {
      workerData: { module, stream },
    });
    this.#worker.on("message", (answer: Answer) => this.#answer(answer));
    this.#worker.on("error", (error) => this.#fail(error));
  }

  next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
  }

  ask(ask: Ask): Promise<Answer> {
    const answer = this.next();
    this.#worker.postMessage(ask);
    return answer;
  }

  end(): Promise<number> {
    return this.#worker.terminate();
  }
}

async function point(name: string, stream: Stream, cycles: number): Promise<Point> {
  const players = [new Player(stream), new Player(stream)];
  await Promise.all(players.map((player) => player.next()));
  const [first, second] = [players[0]!, players[1]!];
  // Each way plays the two traces once; the counts of both machines show that both played them.
  const way = (label: string, cores: number, play: () => Promise<unknown>): TimedContender => ({
    name: label,
    cycle: () => timedByClock(play, cores),
    check: async () => {
      const before = await total(players);
      await play();
      const after = await total(players);
      return { records: after.records - before.records, live: after.live };
    },
  });
  return {
    name,
    unit: "record",
    operations: (2 * cycles * (stream.records.length + stream.ending.length)) / 4,
    contenders: [
      way("two workers", 2, () => Promise.all([first.ask({ cycles }), second.ask({ cycles })])),
      way("one worker", 1, async () => {
        await first.ask({ cycles });
        await first.ask({ cycles });
      }),
    ],
    close: async () => {
      await Promise.all(players.map((player) => player.end()));
    },
  };
}

async function total(players: readonly Player[]): Promise<{ records: number; live: number }> {
  const sum = { records: 0, live: 0 };
  for (const player of players) {
    const answer = await player.ask("check");
    if (!("records" in answer)) continue;
    sum.records += answer.records;
    sum.live += answer.live;
  }
  return sum;
}

/** Machines in worker threads. */
export const workers: Suite = {
  name: "workers",
  title: "Two traces in worker threads",
  needs: ["replayRun", "iommuMap"],
  obstacle: () => (availableParallelism() < 2 ? "this computer has one core" : null),
  async *points(quick) {
    yield point("pc, NVMe", await streamOf("pc, NVMe", NVME), quick ? 10 : 40);
    if (!quick) yield point("exynos4210, camera", await streamOf("camera", CAMERA_SHORT), 2);
  },
};
