// The one door to the System MMU floor: registers, nothing else.
// Not modelled: nothing.
export { sysmmuRegRead, sysmmuRegWrite } from "../sysmmu/index";
