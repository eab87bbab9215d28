"""The tree (RFC 9162, section 2.1)."""

import hashlib


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_add(frontier, size, hashed):
    """Add a leaf hash to the roots of the complete subtrees (left to right) of a tree of `size` leaves."""
    while size & 1:
        hashed, size = node_hash(frontier.pop(), hashed), size >> 1
    frontier.append(hashed)


def tree_root(frontier):
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


def consistent(first, second, old_root, new_root, proof):
    """Section 2.1.4.2: is the tree of `second` leaves the tree of `first` leaves (0 < first < second), grown?"""
    path = list(proof) if first & (first - 1) else [old_root, *proof]
    if not proof:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (old, new) == (old_root, new_root)


def inclusion(hashes, index):
    """PATH(index, hashes), and the root that it leads to."""
    path, node, level, found = [], index, hashes, hashes[index]
    while len(level) > 1:
        if node ^ 1 < len(level):
            path.append(level[node ^ 1])
            found = node_hash(level[node ^ 1], found) if node & 1 else node_hash(found, level[node ^ 1])
        odd = [level[-1]] if len(level) & 1 else []  # a last node without a sibling rises as it is
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)] + odd
        node >>= 1
    return path, found


def included(index, size, hashed, path, root):
    """Section 2.1.3.2: does `path` lead from the leaf hash at `index` to the root of `size` leaves?"""
    node, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            hashed = node_hash(sibling, hashed)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == root
