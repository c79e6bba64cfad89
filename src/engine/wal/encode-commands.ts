/** The payload of a frame: a JSON array of commands, each a tuple that is smaller than the body it came in. */
import { strict as assert } from 'node:assert';
import type { NewOrder } from '../../protocol/orders.ts';
import type { Command } from '../commands.ts';

type OrderTuple = [string, string, NewOrder['side'], NewOrder['type'], NewOrder['timeInForce'], 0 | 1, number, number];
type CommandTuple = ['place', OrderTuple] | ['cancel', string, string | null] | ['seed', OrderTuple[]] | ['reset'];

export function encodeCommands(commands: readonly Command[]): Buffer {
  return Buffer.from(JSON.stringify(commands.map(toTuple)));
}

/** The bytes have passed their checksum: another shape is a bug, not damage. */
export function decodeCommands(payload: Buffer): Command[] {
  const tuples: unknown = JSON.parse(payload.toString());
  assert(Array.isArray(tuples), 'a payload is an array of commands');
  return (tuples as CommandTuple[]).map(fromTuple);
}

function toTuple(command: Command): CommandTuple {
  switch (command.kind) {
    case 'place':
      return ['place', orderTuple(command.order)];
    case 'cancel':
      return ['cancel', command.orderId, command.symbol];
    case 'seed':
      return ['seed', command.orders.map(orderTuple)];
    case 'reset':
      return ['reset'];
  }
}

function fromTuple(tuple: CommandTuple): Command {
  switch (tuple[0]) {
    case 'place':
      return { kind: 'place', order: orderOf(tuple[1]) };
    case 'cancel':
      return { kind: 'cancel', orderId: tuple[1], symbol: tuple[2] };
    case 'seed':
      return { kind: 'seed', orders: tuple[1].map(orderOf) };
    case 'reset':
      return { kind: 'reset' };
  }
}

function orderTuple(order: NewOrder): OrderTuple {
  const { orderId, symbol, side, type, timeInForce, postOnly, priceCents, quantity } = order;
  return [orderId, symbol, side, type, timeInForce, postOnly ? 1 : 0, priceCents, quantity];
}

function orderOf([orderId, symbol, side, type, timeInForce, postOnly, priceCents, quantity]: OrderTuple): NewOrder {
  return { orderId, symbol, side, type, timeInForce, postOnly: postOnly === 1, priceCents, quantity };
}
