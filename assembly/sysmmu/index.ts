// What the host and the tests need of the System MMU floor.
export { sysmmuCreate, sysmmuInject, sysmmuMarkStale, sysmmuSetBlockPolls } from "./create";
export { sysmmuPeek, sysmmuRegRead, sysmmuRegWrite } from "./registers";
