/** Orders for a running engine, of which about half meet each other. */
import { expect } from 'vitest';

const SYMBOLS = ['TEST-ASSET-A', 'TEST-ASSET-B', 'TEST-ASSET-C', 'TEST-ASSET-D'];
let orders = 0;

/** As many orders more, under ids of their own. */
export async function trade(url: string, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 20) {
    const batch = Array.from({ length: 20 }, async () => {
      const number = orders++;
      const side = (number >> 2) % 2 === 0 ? 'SELL' : 'BUY';
      const order = {
        orderId: `o-${number}`,
        symbol: SYMBOLS[number % 4],
        side,
        price: 100 + (number % 3),
        quantity: 10,
      };
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(order) });
      expect(response.status, await response.text()).toBe(200);
    });
    await Promise.all(batch);
  }
}
