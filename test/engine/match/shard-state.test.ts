import { describe, expect, it } from 'vitest';
import type { NewOrder } from '../../../src/protocol/orders.ts';
import { buy, fillsOf, place, Shard, sell } from '../orders.ts';

interface Row {
  name: string;
  resting: NewOrder[];
  order: NewOrder;
  fills: string[];
  bids: string[];
  asks: string[];
  refused?: string;
}

const ASKS = [sell('a1', 101, 5), sell('a2', 101, 3), sell('a3', 102, 4)];
const ASKS_TEXT = ['101 x 8 (2)', '102 x 4 (1)'];
const ROWS: Row[] = [
  {
    name: 'a limit below the asks rests',
    resting: ASKS,
    order: buy('t', 100, 2),
    fills: [],
    bids: ['100 x 2 (1)'],
    asks: ASKS_TEXT,
  },
  {
    name: 'at one price the oldest is filled first, at the maker’s price',
    resting: ASKS,
    order: buy('t', 105, 6),
    fills: ['a1 5@101', 'a2 1@101'],
    bids: [],
    asks: ['101 x 2 (1)', '102 x 4 (1)'],
  },
  {
    name: 'the best price is filled first, whoever came first',
    resting: [sell('late', 103, 1), sell('best', 101, 1)],
    order: buy('t', 103, 2),
    fills: ['best 1@101', 'late 1@103'],
    bids: [],
    asks: [],
  },
  {
    name: 'the remainder of a limit rests at its own price',
    resting: ASKS,
    order: buy('t', 101, 10),
    fills: ['a1 5@101', 'a2 3@101'],
    bids: ['101 x 2 (1)'],
    asks: ['102 x 4 (1)'],
  },
  {
    name: 'a sell takes the highest bid first',
    resting: [buy('b1', 99, 5), buy('b2', 100, 5)],
    order: sell('t', 99, 7),
    fills: ['b2 5@100', 'b1 2@99'],
    bids: ['99 x 3 (1)'],
    asks: [],
  },
  {
    name: 'the remainder of an IOC is cancelled',
    resting: ASKS,
    order: buy('t', 101, 10, { timeInForce: 'IOC' }),
    fills: ['a1 5@101', 'a2 3@101'],
    bids: [],
    asks: ['102 x 4 (1)'],
  },
  {
    name: 'a market order takes every price, its remainder is cancelled',
    resting: ASKS,
    order: buy('t', 0, 20, { type: 'MARKET' }),
    fills: ['a1 5@101', 'a2 3@101', 'a3 4@102'],
    bids: [],
    asks: [],
  },
  {
    name: 'a market order on an empty book does nothing',
    resting: [],
    order: sell('t', 0, 20, { type: 'MARKET' }),
    fills: [],
    bids: [],
    asks: [],
  },
  {
    name: 'a FOK that can be filled is',
    resting: ASKS,
    order: buy('t', 102, 12, { timeInForce: 'FOK' }),
    fills: ['a1 5@101', 'a2 3@101', 'a3 4@102'],
    bids: [],
    asks: [],
  },
  {
    name: 'a FOK that cannot be filled changes nothing',
    resting: ASKS,
    order: buy('t', 101, 9, { timeInForce: 'FOK' }),
    fills: [],
    bids: [],
    asks: ASKS_TEXT,
    refused: 'FOK order cannot be filled: 8 of 9 available',
  },
  {
    name: 'a post-only order that would match changes nothing',
    resting: ASKS,
    order: buy('t', 101, 1, { postOnly: true }),
    fills: [],
    bids: [],
    asks: ASKS_TEXT,
    refused: 'Post-only order would match at 101',
  },
  {
    name: 'a post-only order that would not match rests',
    resting: ASKS,
    order: buy('t', 100, 1, { postOnly: true }),
    fills: [],
    bids: ['100 x 1 (1)'],
    asks: ASKS_TEXT,
  },
];

describe('matching', () => {
  it.each(ROWS)('$name', ({ resting, order, fills, bids, asks, refused }) => {
    const shard = new Shard();
    shard.place(...resting);
    const [outcome] = shard.place(order);
    expect(fillsOf(outcome)).toEqual(fills);
    expect(shard.book()).toEqual({ bids, asks });
    expect(outcome?.kind === 'refused' ? outcome.reason : undefined).toBe(refused);
  });

  it('leaves a partly filled maker at the head of its level', () => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 5), sell('a2', 101, 5), buy('t1', 101, 2));
    const [outcome] = shard.place(buy('t2', 101, 4));
    expect(fillsOf(outcome)).toEqual(['a1 3@101', 'a2 1@101']);
  });

  it('names matches after shard, sequence and index', () => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 1), sell('a2', 101, 1));
    const [outcome] = shard.place(buy('t', 101, 2));
    const ids =
      outcome?.kind === 'accepted' ? outcome.events.map((event) => ('matchId' in event ? event.matchId : '')) : [];
    expect(ids).toEqual(['', 'a-3-0', 'a-3-1']);
  });

  it('cancels a resting order once, from the middle of its level', () => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 1), sell('a2', 101, 2), sell('a3', 101, 3));
    const cancel = { kind: 'cancel', orderId: 'a2', symbol: null } as const;
    expect(shard.apply(cancel)).toMatchObject({ kind: 'cancelled', quantity: 2 });
    expect(shard.apply(cancel)).toMatchObject({ kind: 'refused', httpStatus: 404 });
    expect(fillsOf(shard.place(buy('t', 101, 4))[0])).toEqual(['a1 1@101', 'a3 3@101']);
  });

  it('does not cancel an order under another symbol', () => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 1));
    expect(shard.apply({ kind: 'cancel', orderId: 'a1', symbol: 'TEST-ASSET-B' })).toMatchObject({ httpStatus: 404 });
  });

  it('empties the books and forgets the ids on reset', () => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 1));
    shard.apply({ kind: 'reset' });
    expect(shard.book()).toEqual({ bids: [], asks: [] });
    expect(shard.place(sell('a1', 999, 9))[0]).toMatchObject({ kind: 'accepted', repeated: false });
    expect(shard.state.tally).toEqual({ orders: 1, matches: 0 });
  });
});

describe('a repeated order id', () => {
  it.each([
    ['resting', buy('t', 100, 5), { kind: 'accepted', repeated: true, timestampMs: 1003 }],
    ['filled', buy('t', 101, 1), { kind: 'accepted', repeated: true, timestampMs: 1003 }],
    ['rejected', buy('t', 101, 9, { timeInForce: 'FOK' }), { kind: 'refused', httpStatus: 400 }],
  ])('of an order that is %s is answered like the first time and changes nothing', (_, order, answer) => {
    const shard = new Shard();
    shard.place(sell('a1', 101, 2), sell('a2', 102, 2), order);
    const before = { book: shard.book(), tally: { ...shard.state.tally } };
    expect(shard.place(order)[0]).toMatchObject(answer);
    expect({ book: shard.book(), tally: shard.state.tally }).toEqual(before);
  });

  it.each([
    ['symbol', { symbol: 'TEST-ASSET-B' }],
    ['side', { side: 'SELL' }],
    ['timeInForce', { timeInForce: 'IOC' }],
    ['postOnly', { postOnly: true }],
    ['price', { priceCents: 99 }],
    ['quantity', { quantity: 6 }],
  ] as const)('with another %s is a conflict', (_, change) => {
    const shard = new Shard();
    shard.place(buy('t', 100, 5));
    const [outcome] = shard.place({ ...buy('t', 100, 5), ...change });
    expect(outcome).toMatchObject({ httpStatus: 409, reason: 'Order id already used with other content: t' });
  });
});

describe('an amend', () => {
  const heads = (shard: Shard): string[] => fillsOf(shard.place(buy('taker', 100, 1))[0]);
  const twoAsks = (): Shard => {
    const shard = new Shard();
    shard.place(sell('first', 100, 5), sell('second', 100, 5));
    return shard;
  };

  it.each([
    ['less', { quantity: 3 }, 'first'],
    ['the same quantity', { quantity: 5 }, 'first'],
    ['the same price', { priceCents: 100 }, 'first'],
    ['the same of both', { priceCents: 100, quantity: 5 }, 'first'],
    ['more', { quantity: 6 }, 'second'],
    ['more at the same price', { priceCents: 100, quantity: 6 }, 'second'],
    ['another price', { priceCents: 101 }, 'second'],
    ['less at another price', { priceCents: 101, quantity: 3 }, 'second'],
  ])('to %s: the next fill is of %s', (_, change, head) => {
    const shard = twoAsks();
    expect(shard.apply({ kind: 'amend', orderId: 'first', symbol: null, ...change })).toMatchObject({
      kind: 'amended',
    });
    expect(heads(shard)).toEqual([`${head} 1@100`]);
  });

  it('to a price there and back loses its place', () => {
    const shard = twoAsks();
    shard.apply({ kind: 'amend', orderId: 'first', symbol: null, priceCents: 101 });
    shard.apply({ kind: 'amend', orderId: 'first', symbol: null, priceCents: 100 });
    expect(heads(shard)).toEqual(['second 1@100']);
  });
});

describe('a seed', () => {
  const seed = (...orders: NewOrder[]) => ({ kind: 'seed', orders }) as const;

  it('rests without matching, in the order given', () => {
    const shard = new Shard();
    expect(shard.apply(seed(sell('a1', 101, 1), sell('a2', 101, 2), buy('b1', 99, 1)))).toEqual({
      kind: 'seeded',
      count: 3,
    });
    expect(shard.book()).toEqual({ bids: ['99 x 1 (1)'], asks: ['101 x 3 (2)'] });
    expect(fillsOf(shard.place(buy('t', 101, 2))[0])).toEqual(['a1 1@101', 'a2 1@101']);
  });

  it('skips and counts what is there already', () => {
    const shard = new Shard();
    shard.apply(seed(sell('a1', 101, 1)));
    expect(shard.apply(seed(sell('a1', 101, 1), sell('a2', 102, 1)))).toEqual({ kind: 'seeded', count: 2 });
    expect(shard.book().asks).toEqual(['101 x 1 (1)', '102 x 1 (1)']);
  });

  it.each([
    ['crosses the book', [sell('a2', 102, 1), sell('a3', 100, 1)], 400],
    ['crosses itself', [sell('a2', 105, 1), buy('b2', 105, 1)], 400],
    ['has an id with other content', [sell('a2', 102, 1), buy('b1', 99, 1)], 409],
    ['has an id twice with other content', [sell('a2', 102, 1), sell('a2', 103, 1)], 409],
  ])('that %s is refused whole', (_, orders, httpStatus) => {
    const shard = new Shard();
    shard.place(buy('b1', 100, 1));
    expect(shard.apply(seed(...orders))).toMatchObject({ kind: 'refused', httpStatus });
    expect(shard.book()).toEqual({ bids: ['100 x 1 (1)'], asks: [] });
    expect(shard.place(sell('a2', 110, 1))[0]).toMatchObject({ kind: 'accepted', repeated: false });
  });

  it('holds 40,000 orders on 500 levels', () => {
    const shard = new Shard();
    const orders = Array.from({ length: 40_000 }, (_, index) => sell(`s${index}`, 10_001 + (index % 500), 10));
    shard.apply(seed(...orders));
    expect(shard.state.sideTotals('SELL')).toEqual({ orders: 40_000, levels: 500 });
    const [outcome] = shard.place(buy('t', 10_500, 400_000));
    expect(fillsOf(outcome)).toHaveLength(40_000);
    expect(shard.state.sideTotals('SELL')).toEqual({ orders: 0, levels: 0 });
    expect(shard.state.view(0, 1, 7)).toMatchObject({ sequence: 7, bids: [], asks: [] });
  });
});

it('applies the same commands to the same state twice', () => {
  const run = () => {
    const shard = new Shard();
    return [place(sell('a', 10, 3)), place(buy('b', 12, 5)), { kind: 'reset' } as const, place(buy('b', 1, 1))].map(
      (c) => {
        const outcome = shard.apply(c);
        return outcome.kind === 'accepted' ? outcome.events : outcome;
      },
    );
  };
  expect(run()).toEqual(run());
});
