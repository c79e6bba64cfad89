import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SYMBOL } from '../orders.ts';
import { orderBySchema, parseOrder, type ReadOrder } from './parsing.ts';

const mixed = <Good, Bad>(good: fc.Arbitrary<Good>, bad: fc.Arbitrary<Bad>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const integer = mixed(fc.integer({ min: 1, max: 1e9 }), fc.oneof(fc.integer({ max: 0 }), fc.double(), fc.string()));
const name = mixed(fc.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/), fc.oneof(fc.string(), fc.integer()));
const choice = (...choices: unknown[]) => mixed(fc.constantFrom(...choices), fc.jsonValue());

const orderLike = fc
  .record(
    {
      orderId: name,
      account: name,
      symbol: choice(SYMBOL, 'TEST-ASSET-B', 'X'),
      side: choice('BUY', 'SELL'),
      type: choice('LIMIT', 'MARKET'),
      timeInForce: choice('GTC', 'IOC', 'FOK'),
      postOnly: choice(true, false),
      price: integer,
      quantity: integer,
      timestamp: mixed(fc.maxSafeNat(), fc.string()),
    },
    { requiredKeys: ['orderId', 'symbol', 'side', 'quantity', 'price'] },
  )
  .chain((order) => fc.shuffledSubarray(Object.entries(order), { minLength: Object.keys(order).length - 1 }))
  .map((entries) => Object.fromEntries(entries));

/** What the schema says of a text; undefined: it is no JSON. */
function bySchema(text: string): ReadOrder | null | undefined {
  try {
    return orderBySchema(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function parsed(body: Buffer | string): ReadOrder | null | undefined {
  const read = parseOrder(body);
  if (!('reason' in read)) return read;
  return read.reason === 'Malformed JSON' ? undefined : null;
}

it('agrees with the schema on whatever looks like an order', () => {
  let accepted = 0;
  fc.assert(
    fc.property(orderLike, fc.integer({ min: 0, max: 2 }), (order, indent) => {
      const text = JSON.stringify(order, null, indent);
      const read = parsed(text);
      if (read) accepted++;
      expect(read).toEqual(bySchema(text));
    }),
    { numRuns: 3_000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

it('agrees with the schema on any JSON', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      expect(parsed(text)).toEqual(bySchema(text));
    }),
    { numRuns: 2_000 },
  );
});

const GOOD = Buffer.from(
  JSON.stringify({ orderId: 'o-1', symbol: SYMBOL, side: 'BUY', price: 100, quantity: 5, account: 'a' }),
);

it('reads no more into a changed body than JSON does', () => {
  for (let at = 0; at < GOOD.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const body = Buffer.from(GOOD);
      body[at] = byte;
      const read = parseOrder(body);
      // Stricter than JSON in two ways: a field given twice, and 1e2 or 1.0 for a whole number.
      if ('reason' in read) continue;
      expect(read).toEqual(bySchema(body.toString()));
    }
  }
});

it('takes any bytes without failing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseOrder(Buffer.from(bytes))).toHaveProperty('reason');
    }),
    { numRuns: 2_000 },
  );
});
