// A small board for tests: an Exynos4210 with a camera behind `ranges`, an MFC with two ports, a FIMD whose
// interrupts go to the combiner, and a System MMU that nothing uses. Addresses as in spec sysmmu-hardware 5.
import type { Node } from "./fdt-writer.js";

const GIC = 1;
const COMBINER = 2;
const PD_CAM = 3;
const PD_MFC = 4;
const CLOCK = 5;
const MMU_FIMC0 = 0x10;
const MMU_MFC_L = 0x11;
const MMU_MFC_R = 0x12;
const MMU_FIMD = 0x13;

function mmu(base: number, phandle: number, group: number, bit: number, more: Node["props"] = {}): Node {
  return {
    props: {
      compatible: "samsung,exynos-sysmmu",
      reg: [base, 0x1000],
      "interrupt-parent": [COMBINER],
      interrupts: [group, bit],
      "clock-names": ["sysmmu", "master"],
      clocks: [CLOCK, 0x107, CLOCK, 0x100],
      "#iommu-cells": [0],
      phandle: [phandle],
      ...more,
    },
  };
}

/** The board's tree; tests change copies of it. */
export function board(): Node {
  return {
    props: {
      compatible: ["insignal,test", "samsung,exynos4210", "samsung,exynos4"],
      model: "A test board",
      "interrupt-parent": [GIC],
      "#address-cells": [1],
      "#size-cells": [1],
    },
    nodes: {
      "memory@40000000": {
        props: {
          device_type: "memory",
          reg: [0x50000000, 0x10000000, 0x40000000, 0x10000000, 0x80000000, 0x1000],
        },
      },
      soc: {
        props: { compatible: "simple-bus", "#address-cells": [1], "#size-cells": [1], ranges: true },
        nodes: {
          "interrupt-controller@10490000": {
            props: {
              compatible: "arm,cortex-a9-gic",
              "#interrupt-cells": [3],
              reg: [0x10490000, 0x10000, 0x10480000, 0x10000],
              "cpu-offset": [0x8000],
              phandle: [GIC],
            },
          },
          "interrupt-controller@10440000": {
            props: {
              compatible: "samsung,exynos4210-combiner",
              "#interrupt-cells": [2],
              "samsung,combiner-nr": [6],
              reg: [0x10440000, 0x1000],
              interrupts: [0, 0, 4, 0, 1, 4, 0, 2, 4, 0, 3, 4, 0, 4, 4, 0, 5, 4, 0, 6, 4],
              phandle: [COMBINER],
            },
          },
          "power-domain@10023c00": {
            props: {
              compatible: "samsung,exynos4210-pd",
              reg: [0x10023c00, 0x20],
              label: "CAM",
              phandle: [PD_CAM],
            },
          },
          "power-domain@10023c40": {
            props: {
              compatible: "samsung,exynos4210-pd",
              reg: [0x10023c40, 0x20],
              "power-domains": [PD_CAM],
              label: "MFC",
              phandle: [PD_MFC],
            },
          },
          "clock-controller@10030000": {
            props: { reg: [0x10030000, 0x20000], "#clock-cells": [1], phandle: [CLOCK] },
          },
          "sysmmu@13620000": mmu(0x13620000, MMU_MFC_L, 5, 5, { "power-domains": [PD_MFC] }),
          "sysmmu@13630000": mmu(0x13630000, MMU_MFC_R, 5, 6, { "power-domains": [PD_MFC] }),
          "sysmmu@11a20000": mmu(0x11a20000, MMU_FIMC0, 4, 2, { "power-domains": [PD_CAM] }),
          "sysmmu@11e20000": mmu(0x11e20000, MMU_FIMD, 5, 2),
          "sysmmu@12220000": mmu(0x12220000, 0x14, 5, 3),
          "camera@11800000": {
            props: { "#address-cells": [1], "#size-cells": [1], ranges: [0, 0x11800000, 0xa0000] },
            nodes: {
              "fimc@0": {
                props: {
                  compatible: "samsung,exynos4210-fimc",
                  reg: [0, 0x1000],
                  interrupts: [0, 84, 4],
                  iommus: [MMU_FIMC0],
                  status: "disabled",
                },
              },
            },
          },
          "codec@13400000": {
            props: {
              compatible: "samsung,mfc-v5",
              reg: [0x13400000, 0x10000],
              interrupts: [0, 94, 4],
              "power-domains": [PD_MFC],
              iommus: [MMU_MFC_L, MMU_MFC_R],
              "iommu-names": ["left", "right"],
            },
          },
          "fimd@11c00000": {
            props: {
              compatible: "samsung,exynos4210-fimd",
              reg: [0x11c00000, 0x20000],
              "interrupts-extended": [COMBINER, 11, 0, COMBINER, 11, 1, GIC, 0, 7, 4],
              iommus: [MMU_FIMD],
            },
          },
          "dma-controller@12680000": {
            props: { compatible: "arm,pl330", reg: [0x12680000, 0x1000], interrupts: [0, 35, 4] },
          },
        },
      },
    },
  };
}
