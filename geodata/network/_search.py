"""Compiled searches over a network: a bucket queue (R. B. Dial, CACM 12 (1969), 632-633).

Times are whole ticks of 0.1 ms, so that sums are exact and the same on every machine. A bucket is
2**shift ticks wide and the ring of them longer than the longest arc, as Dial's; within a bucket
nodes are taken as they come and once more if they turn out to be nearer (U. Meyer and P. Sanders,
J. Algorithms 49 (2003), 114-152), so nothing is approximated.

What the kernels hand to each other:

graph
    ``indptr`` (n + 1,) and ``arcs`` (a, 2) int32: head and ticks of the arcs that leave each node.
queue
    ``heads`` of the ring's lists, -1 for an empty one; ``after`` and ``before`` (n,) chain the
    nodes of a list, so that one that turns out nearer is moved: a node waits in one place only,
    and the memory is bounded. ``before`` is OUT for a node that does not wait, ``-2 - bucket`` for
    the first of a list. Between two searches all are empty.
best
    (n,) int64 ``ticks << 32 | label`` of each node: the label of a tie is the lower one.
attached
    ``indptr`` (n + 1,) and ``items`` (q, 2) int32: index and ticks of what each node leads to.

Every kernel only reads what it shares and releases the GIL. All are in this one file because numba
compiles a cached kernel again when its own file changes, but not when one it calls into does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]
    Shorts: TypeAlias = NDArray[np.int32]
    Bytes: TypeAlias = NDArray[np.uint8]
    Int: TypeAlias = int | np.signedinteger
    Graph: TypeAlias = tuple[Shorts, Shorts]
    Queue: TypeAlias = tuple[Shorts, Shorts, Shorts]
    Attached: TypeAlias = tuple[Ints, Shorts]

UNREACHED = np.iinfo(np.int64).max
FAR = np.iinfo(np.int32).max
"""In place of UNREACHED where ticks are kept short."""
OUT = -1
_END = -1


@njit(cache=True, nogil=True, inline="always")
def _push(queue: Queue, waiting: int, shift: int, ticks: Int, node: Int) -> int:
    """Put a node into its bucket, out of another if it waits there; return how many wait."""
    heads, after, before = queue
    behind, ahead = after[node], before[node]
    if ahead == OUT:
        waiting += 1
    else:
        if ahead >= 0:
            after[ahead] = behind
        else:
            heads[-2 - ahead] = behind
        if behind >= 0:
            before[behind] = ahead
    bucket = (ticks >> shift) & (len(heads) - 1)
    first = heads[bucket]
    if first >= 0:
        before[first] = node
    after[node] = first
    before[node] = -2 - bucket
    heads[bucket] = node
    return waiting


@njit(cache=True, nogil=True, inline="always")
def _pop(queue: Queue, bucket: int) -> int:
    """Take a node out of a bucket that has one."""
    heads, after, before = queue
    node = heads[bucket]
    behind = after[node]
    heads[bucket] = behind
    if behind >= 0:
        before[behind] = -2 - bucket
    before[node] = OUT
    return int(node)


@njit(cache=True, nogil=True)
def spread(
    graph: Graph, seeds: Ints, limit: int, shift: int, queue: Queue, best: Ints, via: Shorts
) -> None:
    """Ticks and label of the nearest seed for every node within `limit`.

    `seeds` (s, 3) are node, ticks and label; `best` comes full of UNREACHED. `via`, unless empty,
    receives the arc by which each node was reached, -1 for seeds.
    """
    indptr, arcs = graph
    heads = queue[0]
    waiting = 0
    for i in range(len(seeds)):
        node, ticks, label = seeds[i]
        if ticks <= limit and (ticks << 32 | label) < best[node]:
            best[node] = ticks << 32 | label
            waiting = _push(queue, waiting, shift, ticks, node)
    bucket = 0
    while waiting > 0:
        if heads[bucket] == _END:
            bucket = (bucket + 1) & (len(heads) - 1)
            continue
        node = _pop(queue, bucket)
        waiting -= 1
        mine = best[node]
        for arc in range(indptr[node], indptr[node + 1]):
            head, more = np.int64(arcs[arc, 0]), np.int64(arcs[arc, 1])
            if (mine >> 32) + more > limit:
                continue
            theirs = mine + (more << 32)
            if theirs < best[head]:
                best[head] = theirs
                if len(via):
                    via[head] = arc
                waiting = _push(queue, waiting, shift, theirs >> 32, head)


@njit(cache=True, nogil=True)
def _settle(
    graph: Graph, seed: Ints, limit: int, shift: int, queue: Queue, ticks: Shorts, touched: Shorts
) -> int:
    """Ticks to every node within `limit` of two nodes; return how many nodes were touched."""
    indptr, arcs = graph
    heads = queue[0]
    waiting = nodes = 0
    for end in range(2):
        node, there = seed[2 * end], seed[2 * end + 1]
        if there <= limit and there < ticks[node]:
            nodes = _touch(ticks, touched, nodes, node, there)
            waiting = _push(queue, waiting, shift, there, node)
    bucket = 0
    while waiting > 0:
        if heads[bucket] == _END:
            bucket = (bucket + 1) & (len(heads) - 1)
            continue
        node = _pop(queue, bucket)
        waiting -= 1
        for arc in range(indptr[node], indptr[node + 1]):
            head, there = np.int64(arcs[arc, 0]), ticks[node] + np.int64(arcs[arc, 1])
            if there <= limit and there < ticks[head]:
                nodes = _touch(ticks, touched, nodes, head, there)
                waiting = _push(queue, waiting, shift, there, head)
    return nodes


@njit(cache=True, nogil=True, inline="always")
def _touch(ticks: Shorts, touched: Shorts, nodes: int, node: Int, there: Int) -> int:
    """Note that a node is reached in less time than before; return how many are touched."""
    if ticks[node] == FAR:
        touched[nodes] = node
        nodes += 1
    ticks[node] = there
    return nodes


@njit(cache=True, nogil=True, inline="always")
def _list(cost: Shorts, index: Shorts, size: int, limit: int, point: Int, there: Int) -> int:
    """Note the cost of a point, and list it if it is new; return how many are listed."""
    if there > limit:
        return size
    if cost[point] == FAR:
        index[size] = point
        size += 1
    cost[point] = min(cost[point], there)
    return size


@njit(cache=True, nogil=True)
def within(
    graph: Graph,
    seeds: Ints,
    attached: Attached,
    direct: Attached,
    limit: int,
    shift: int,
    queue: Queue,
    ticks: Shorts,
    touched: Shorts,
    cost: Shorts,
    begin: int,
    ends: Ints,
    index: Shorts,
    found: Shorts,
) -> int:
    """List the points within `limit` of site after site, from `begin` on; return the next site.

    `seeds` (m, 4) are two nodes of each site and the ticks from there, `direct` the points on its
    own edge. `ticks` (n,) and `cost` (points,) come and leave full of FAR; `touched` (n,)
    is scratch. Points and their cost go to `index` and `found`, the end of each site's run to
    `ends`; it stops before the site for which they might not have room.
    """
    at_node, points = attached
    at_site, nearby = direct
    size = 0
    for site in range(begin, len(seeds)):
        first = size
        if first + len(cost) > len(index):
            return site
        for j in range(at_site[site], at_site[site + 1]):
            size = _list(cost, index, size, limit, nearby[j, 0], nearby[j, 1])
        nodes = _settle(graph, seeds[site], limit, shift, queue, ticks, touched)
        for i in range(nodes):
            node = touched[i]
            for j in range(at_node[node], at_node[node + 1]):
                there = ticks[node] + points[j, 1]
                size = _list(cost, index, size, limit, points[j, 0], there)
            ticks[node] = FAR
        for i in range(first, size):
            found[i] = cost[index[i]]
            cost[index[i]] = FAR
        ends[site] = size
    return len(seeds)


@njit(cache=True, nogil=True)
def _offer(nearest: Ints, size: int, site: Int, ticks: Int) -> int:
    """Keep a site among the k nearest (k, 2), ascending by ticks, then by site; its new size."""
    at = 0
    while at < size and nearest[at, 1] != site:
        at += 1
    if at < size:
        if nearest[at, 0] <= ticks:
            return size
    elif size < len(nearest):
        size += 1
    elif (nearest[at - 1, 0], nearest[at - 1, 1]) <= (ticks, site):
        return size
    else:
        at -= 1
    while at > 0 and (ticks, site) < (nearest[at - 1, 0], nearest[at - 1, 1]):
        nearest[at, 0], nearest[at, 1] = nearest[at - 1, 0], nearest[at - 1, 1]
        at -= 1
    nearest[at, 0], nearest[at, 1] = ticks, site
    return size


@njit(cache=True, nogil=True)
def search_one(  # noqa: C901  one loop, taken apart it would be called a million times
    graph: Graph,
    seeds: Ints,
    attached: Attached,
    direct: Shorts,
    passing: Bytes,
    limit: int,
    shift: int,
    queue: Queue,
    ticks: Shorts,
    touched: Shorts,
    nearest: Ints,
) -> int:
    """Find the k nearest sites, outward from one point; return how many there are.

    `seeds` (2, 2) are the nodes of the point's edge and the ticks to them, `attached` the sites
    that each node leads to, `direct` (d, 2) those on the point's own edge. `passing`, unless empty,
    has a byte a site that is not zero where it may be an answer. `ticks` comes and leaves full of
    FAR. `nearest` (k, 2) receives ticks and site. Visits no node farther than the k-th site.
    """
    indptr, arcs = graph
    at_node, sites = attached
    heads = queue[0]
    size = waiting = nodes = 0
    for i in range(len(direct)):
        site, there = direct[i]
        if there <= limit and (len(passing) == 0 or passing[site]):
            size = _offer(nearest, size, site, there)
            limit = nearest[size - 1, 0] if size == len(nearest) else limit
    for end in range(2):
        node, there = seeds[end]
        if there <= limit and there < ticks[node]:
            nodes = _touch(ticks, touched, nodes, node, there)
            waiting = _push(queue, waiting, shift, there, node)
    bucket = 0
    while waiting > 0:
        if heads[bucket] == _END:
            bucket = (bucket + 1) & (len(heads) - 1)
            continue
        node = _pop(queue, bucket)
        waiting -= 1
        here = ticks[node]
        if here > limit:
            continue
        for j in range(at_node[node], at_node[node + 1]):
            site, there = sites[j, 0], here + sites[j, 1]
            if there <= limit and (len(passing) == 0 or passing[site]):
                size = _offer(nearest, size, site, there)
                limit = nearest[size - 1, 0] if size == len(nearest) else limit
        for arc in range(indptr[node], indptr[node + 1]):
            head, there = np.int64(arcs[arc, 0]), here + np.int64(arcs[arc, 1])
            if there <= limit and there < ticks[head]:
                nodes = _touch(ticks, touched, nodes, head, there)
                waiting = _push(queue, waiting, shift, there, head)
    for i in range(nodes):
        ticks[touched[i]] = FAR
    return size


@njit(cache=True, nogil=True)
def search_many(
    graph: Graph,
    seeds: Ints,
    attached: Attached,
    at_point: Ints,
    direct: Shorts,
    limit: int,
    shift: int,
    queue: Queue,
    ticks: Shorts,
    touched: Shorts,
    nearest: Ints,
) -> None:
    """`search_one` for point after point: `seeds` (n, 2, 2), `nearest` (n, k, 2), -1 for none."""
    everywhere = np.empty(0, np.uint8)
    for point in range(len(seeds)):
        own = direct[at_point[point] : at_point[point + 1]]
        size = search_one(
            graph, seeds[point], attached, own, everywhere, limit, shift, queue, ticks, touched,
            nearest[point],
        )  # fmt: skip
        nearest[point, size:] = -1


@njit(cache=True, nogil=True)
def turn(
    runs: Ints,
    index: Shorts,
    found: Shorts,
    first: int,
    last: int,
    free: Ints,
    site_of: Shorts,
    ticks: Shorts,
) -> None:
    """Lay runs of points by site out as runs of sites by point, for the points in a range.

    `runs` (m, 2) are where the run of each site begins and ends. `free` (points,) says where the
    next site of each point goes, in `site_of` and `ticks`.
    """
    for site in range(len(runs)):
        for i in range(runs[site, 0], runs[site, 1]):
            point = index[i]
            if first <= point < last:
                at = free[point]
                free[point] = at + 1
                site_of[at] = site
                ticks[at] = found[i]
