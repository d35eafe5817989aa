// Replays a recorded kernel trace from a script and looks at the numbers.
import { fileURLToPath } from "node:url";
import { replayFiles } from "sysmmu/replay";

const report = await replayFiles(
  [fileURLToPath(new URL("./traces/exynos4210-camera/07-hold-live.trace.txt.gz", import.meta.url))],
  { strategies: ["iommu"] },
);
const run = report.strategies[0];
console.log(`${run.records} records, ${run.faults} faults`);
for (const device of run.devices) {
  if (device.maps + device.allocs > 0) {
    console.log(
      `${device.name}: ${device.maps} maps, ${device.allocs} allocations, ${device.live} still live`,
    );
  }
}
