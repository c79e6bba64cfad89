/**
 * A small seeded generator of pseudo-random numbers (sfc32): 128 bits of state, period about 2^127, passes PractRand.
 * Same seed and stream, same numbers, on every machine. Not for secrets.
 */
export type Random = () => number;

/** Numbers in [0, 1). Streams of the same seed are independent of each other. */
export function seededRandom(seed: number, stream = ''): Random {
  let [a, b, c, counter] = [hash(`${seed}/a/${stream}`), hash(`${seed}/b/${stream}`), hash(`${seed}/c/${stream}`), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}

/** A whole number in [low, high]. */
export function randomInteger(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
