/**
 * Short garbage collections for a process that must answer at any moment. One probe each at 17 orders a second, 40 to
 * 45 s, one after the other under differing load of the machine, so no more than a hint: V8's defaults, longest 4.4 ms
 * and median 2.0 ms of 7; a young generation of 1 MB, 4.6 and 0.5 ms of 57; the same on one thread, which waits for no
 * other to get a core, 2.9 and 0.4 ms of 57. An old generation that may fill 64 MB first puts off a full collection.
 */
export const SHORT_COLLECTIONS = ['--max-semi-space-size=1', '--no-parallel-scavenge', '--initial-old-space-size=64'];
