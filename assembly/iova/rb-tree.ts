// Red-black tree of ranges [lo, hi], the balance of the kernel's lib/rbtree.c: the
// shape matters, because iova.c's search for a starting point depends on it.
//
// node, 32 bytes: 0 parent  4 left  8 right  12 red  16 lo  20 hi
//
// The tree is reached by the address of its root word. A node may not be moved while linked.
//
// Not modelled: RCU, augmentation, the leftmost cache.

@unmanaged
export class RangeNode {
  parent: u32;
  left: u32;
  right: u32;
  red: u32;
  lo: u32;
  hi: u32;
}

/** The node at `p`. */
export function nodeOf(p: u32): RangeNode {
  return changetype<RangeNode>(<usize>p);
}

/** Puts `b` in the place of `a` under `parent` (0: the root). */
function relink(root: usize, parent: u32, a: u32, b: u32): void {
  if (parent === 0) store<u32>(root, b);
  else if (nodeOf(parent).left === a) nodeOf(parent).left = b;
  else nodeOf(parent).right = b;
}

/** Turns `x` down to the left (`left`) or right; its other child takes its place. */
function rotate(root: usize, x: u32, left: bool): void {
  const node = nodeOf(x);
  const y = left ? node.right : node.left;
  const up = nodeOf(y);
  const inner = left ? up.left : up.right;
  if (left) {
    node.right = inner;
    up.left = x;
  } else {
    node.left = inner;
    up.right = x;
  }
  if (inner !== 0) nodeOf(inner).parent = x;
  up.parent = node.parent;
  relink(root, node.parent, x, y);
  node.parent = y;
}

/** Balances after `x` was hung under `parent` at the place `side` (left when true). */
export function rbLink(root: usize, x: u32, parent: u32, left: bool): void {
  const node = nodeOf(x);
  node.parent = parent;
  node.left = 0;
  node.right = 0;
  node.red = 1;
  if (parent === 0) store<u32>(root, x);
  else if (left) nodeOf(parent).left = x;
  else nodeOf(parent).right = x;
  balanceInsert(root, x);
}

function balanceInsert(root: usize, x: u32): void {
  while (true) {
    let p = nodeOf(x).parent;
    if (p === 0) break;
    if (nodeOf(p).red === 0) return;
    const g = nodeOf(p).parent;
    const onLeft = nodeOf(g).left === p;
    const uncle = onLeft ? nodeOf(g).right : nodeOf(g).left;
    if (uncle !== 0 && nodeOf(uncle).red !== 0) {
      nodeOf(uncle).red = 0;
      nodeOf(p).red = 0;
      nodeOf(g).red = 1;
      x = g;
      continue;
    }
    if (x === (onLeft ? nodeOf(p).right : nodeOf(p).left)) {
      rotate(root, p, onLeft);
      p = x;
    }
    nodeOf(p).red = 0;
    nodeOf(g).red = 1;
    rotate(root, g, !onLeft);
    return;
  }
  nodeOf(x).red = 0;
}

/** Takes `x` out of the tree. */
export function rbUnlink(root: usize, x: u32): void {
  const node = nodeOf(x);
  let lost = node.red;
  let child: u32;
  let parent: u32;
  if (node.left === 0 || node.right === 0) {
    child = node.left === 0 ? node.right : node.left;
    parent = node.parent;
    relink(root, parent, x, child);
    if (child !== 0) nodeOf(child).parent = parent;
  } else {
    // The successor leaves its place and takes that of `x`, colour included.
    let y = node.right;
    while (nodeOf(y).left !== 0) y = nodeOf(y).left;
    const next = nodeOf(y);
    lost = next.red;
    child = next.right;
    if (next.parent === x) {
      parent = y;
    } else {
      parent = next.parent;
      nodeOf(parent).left = child;
      if (child !== 0) nodeOf(child).parent = parent;
      next.right = node.right;
      nodeOf(next.right).parent = y;
    }
    next.left = node.left;
    nodeOf(next.left).parent = y;
    next.parent = node.parent;
    next.red = node.red;
    relink(root, node.parent, x, y);
  }
  if (lost === 0) balanceErase(root, child, parent);
}

function isBlack(p: u32): bool {
  return p === 0 || nodeOf(p).red === 0;
}

/** `x` (may be 0) under `parent` has one black node too few above its leaves. */
function balanceErase(root: usize, x: u32, parent: u32): void {
  while (parent !== 0 && isBlack(x)) {
    const onLeft = nodeOf(parent).left === x;
    let s = onLeft ? nodeOf(parent).right : nodeOf(parent).left;
    if (nodeOf(s).red !== 0) {
      nodeOf(s).red = 0;
      nodeOf(parent).red = 1;
      rotate(root, parent, onLeft);
      s = onLeft ? nodeOf(parent).right : nodeOf(parent).left;
    }
    const near = onLeft ? nodeOf(s).left : nodeOf(s).right;
    const far = onLeft ? nodeOf(s).right : nodeOf(s).left;
    if (isBlack(near) && isBlack(far)) {
      nodeOf(s).red = 1;
      x = parent;
      parent = nodeOf(x).parent;
      continue;
    }
    if (isBlack(far)) {
      nodeOf(near).red = 0;
      nodeOf(s).red = 1;
      rotate(root, s, !onLeft);
      s = near;
    }
    nodeOf(s).red = nodeOf(parent).red;
    nodeOf(parent).red = 0;
    nodeOf(onLeft ? nodeOf(s).right : nodeOf(s).left).red = 0;
    rotate(root, parent, onLeft);
    return;
  }
  if (x !== 0) nodeOf(x).red = 0;
}

/** The lowest node, 0 in an empty tree. */
export function rbFirst(root: usize): u32 {
  let x = load<u32>(root);
  if (x === 0) return 0;
  while (nodeOf(x).left !== 0) x = nodeOf(x).left;
  return x;
}

/** The next higher node, 0 at the end. */
export function rbNext(x: u32): u32 {
  let node = nodeOf(x);
  if (node.right !== 0) {
    x = node.right;
    while (nodeOf(x).left !== 0) x = nodeOf(x).left;
    return x;
  }
  while (node.parent !== 0 && nodeOf(node.parent).right === x) {
    x = node.parent;
    node = nodeOf(x);
  }
  return node.parent;
}

/** The next lower node, 0 at the beginning. */
export function rbPrev(x: u32): u32 {
  let node = nodeOf(x);
  if (node.left !== 0) {
    x = node.left;
    while (nodeOf(x).right !== 0) x = nodeOf(x).right;
    return x;
  }
  while (node.parent !== 0 && nodeOf(node.parent).left === x) {
    x = node.parent;
    node = nodeOf(x);
  }
  return node.parent;
}
