// FIMC memory to memory: an NV12 picture in scattered pages is enlarged and converted to RGB behind a
// System MMU. Writes before.png and after.png into the folder given, or the system's temporary one.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import {
  contiguousPlanes,
  DmaDirection,
  exynos4210,
  FimcScaler,
  Machine,
  pictureBytes,
  testPicture,
} from "sysmmu";

/** CRC-32 of PNG chunks. */
function crc32(bytes) {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type, data) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** A PNG of B G R A pixels: 8 bits, no interlace, filter 0 in every line, alpha left out. */
function png(width, height, bgra) {
  const raw = Buffer.alloc(height * (1 + width * 3));
  for (let i = 0; i < width * height; i++) {
    const at = 1 + Math.floor(i / width) + i * 3;
    for (let c = 0; c < 3; c++) raw[at + c] = bgra[i * 4 + 2 - c];
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(raw)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
const { dma } = fimc0;
machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
dma.maxSegSize = 0xffff_ffff;

/** Pages that are no neighbours, mapped as one piece of IO address space. */
function map(format, width, height, direction, bytes) {
  const list = [];
  for (let left = pictureBytes(format, width, height); left > 0; left -= 4096) {
    const pa = machine.memory.alloc(4096);
    machine.memory.alloc(4096); // somebody else's page between
    if (bytes) machine.cpu.write(pa, bytes.subarray(list.length * 4096, (list.length + 1) * 4096));
    list.push({ pa, offset: 0, length: Math.min(left, 4096) });
  }
  if (dma.mapSg(list, direction, 0, `fimc ${format}`) !== 1) throw new Error("dma_map_sg: not one segment");
  return {
    list,
    picture: { format, width, height, planes: contiguousPlanes(format, width, height, list[0].dmaAddress) },
  };
}

/** One job, and the picture that the CPU finds after the unmapping. */
function convert(source, format, width, height) {
  const target = map(format, width, height, DmaDirection.FromDevice);
  const job = new FimcScaler(fimc0, source.picture, target.picture);
  job.onInterrupt = () => console.log(`${source.picture.format} to ${format} ${width} x ${height}: done`);
  const { status, line } = job.run();
  if (status !== "done") throw new Error(`${status} at line ${line}`);
  dma.unmapSg(target.list, DmaDirection.FromDevice);
  return Buffer.concat(target.list.map(({ pa, length }) => machine.cpu.read(pa, length)));
}

const folder = process.argv[2] ?? tmpdir();
const [width, height] = [320, 240];
const source = map(
  "NV12",
  width,
  height,
  DmaDirection.ToDevice,
  Buffer.concat(testPicture("NV12", width, height, 5)),
);
for (const [name, w, h] of [
  ["before.png", width, height],
  ["after.png", 480, 300],
]) {
  const path = join(folder, name);
  writeFileSync(path, png(w, h, convert(source, "BGR4", w, h)));
  console.log(path);
}
dma.unmapSg(source.list, DmaDirection.ToDevice);
const { hits, misses, faults } = machine.sysmmu("fimc0").statistics();
console.log(
  `live mappings ${machine.statistics().live}, TLB hits ${hits}, misses ${misses}, faults ${faults}`,
);
machine.dispose();
